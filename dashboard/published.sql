-- The relations of a partner: what is published for it, already protected (a hidden figure is null), and nothing else.
create table w.build (
    build_id varchar, built_at timestamp, today date, territory varchar, title varchar, metric_crs varchar,
    fictional boolean, generalised_before date, hour_known boolean, presence_source varchar, inputs_digest varchar
);

create table w.neighbourhoods (
    neighbourhood_id varchar, name varchar, population integer, population_source varchar, population_date varchar,
    area_km2 double, outline varchar
);

create table w.events (starts_on date, ends_on date, neighbourhood_id varchar, label varchar);

-- Whole quarters (2026-T2) and whole years (2025), oldest first.
create table w.published_periods (period varchar, starts_on date, ends_on date);

-- Area: a neighbourhood, « territoire », or « patrimoine » (a landlord's own property, for that landlord alone).
create table w.published_counts (
    period varchar, family varchar, area varchar, category varchar, n double, is_masked boolean
);

-- What a family counts otherwise than its name says, in French, for a reader; family «» : all of them.
create table w.published_notes (period varchar, family varchar, note varchar);

-- Squares of 100 m: `is_own` when a residence of the landlord, whose name it then bears, stands in it.
create table w.published_places (
    period varchar, zone varchar, kind varchar, name varchar, neighbourhood_id varchar, longitude double,
    latitude double, n double, is_masked boolean, is_own boolean
);

create table w.published_hours (
    period varchar, area varchar, patrol_hours double, timetable_hours double, planned_hours double, done_hours double,
    planned_documented_hours double, days integer, observed_days integer, planned_days integer,
    documented_days integer
);

create table w.published_schools (
    period varchar, theme varchar, actions double, sessions double, participants double, is_masked boolean
);

create table w.published_delays (
    period varchar, partner varchar, n double, median_days double, returned_within_30 double, is_masked boolean
);

create table w.published_declared (
    period varchar, payer varchar, n double, p5 double, p50 double, p95 double, is_masked boolean
);

create table w.published_measured (
    verdict varchar, sentence varchar, ratio double, low double, high double, landlords integer, residences integer,
    months integer, starts_on date, ends_on date, detail varchar
);

-- Shares, 0 to 1, rounded to the whole percent.
create table w.published_quality (period varchar, measure varchar, share double);

create table w.landlord_repairs (
    landlord_code varchar, residence varchar, month date, category varchar, repairs integer, cost_excl_tax double,
    comparison_group varchar, dwellings integer, lines integer
);
