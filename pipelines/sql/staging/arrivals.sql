-- The zone that a name means: as known, else, in a territory whose exports name its zones, the name itself.
create or replace temp macro zone_of(name_slug, known) as
    coalesce(known, case when named_by_exports() then nullif(name_slug, '') end);

-- How exports spell the neighbourhoods of a territory that has no outline.
create table zone_spellings (slug varchar, name varchar, n bigint);

-- Rows that arrived in the warehouse, by file.
create table arrived (file_id integer, loaded bigint);

create table w.places (
    file_id integer, row bigint, key uhugeint, warned ubigint,
    place_id varchar, name varchar, longitude double, latitude double, x_m double, y_m double,
    neighbourhood_id varchar, landlord_code varchar, dwellings integer
);

create table w.interventions (
    row bigint, key uhugeint, warned ubigint,
    intervention_id varchar, service_date date, started_at timestamp, ended_at timestamp, hour tinyint,
    weekday tinyint, season varchar, neighbourhood_id varchar, longitude double, latitude double, x_m double,
    y_m double, location_method varchar, place_id varchar, place_type varchar, ownership varchar,
    landlord_code varchar, register varchar, motif varchar, severity tinyint, origin varchar, is_request boolean,
    public_type varchar, people_band varchar, action_mode varchar, partners varchar[], referred_on date,
    returned_on date, referral_outcome varchar, outcome varchar, damage varchar, damage_quantity integer,
    agents tinyint, time_precision varchar, fact_from timestamp, fact_to timestamp, during_service boolean,
    generalised boolean, file_id integer, source_line bigint
);
