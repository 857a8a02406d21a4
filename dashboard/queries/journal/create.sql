create table if not exists entries (
    id integer primary key,
    at text not null,
    person text not null,
    role text not null,
    landlord text not null,
    action text not null,
    what text not null,
    detail text not null
);

create index if not exists entries_at on entries (at);
