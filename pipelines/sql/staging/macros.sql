-- How texts become values. Session time zone: the one that the export record states, for times without an offset.
-- A cell that holds nothing is '' until it becomes a value: a column without nulls keeps its dictionary, so that a
-- function of it is computed once for each distinct text, and not for each row.
create or replace temp macro clean(x) as
    trim(regexp_replace(x, '[\s\x{00A0}\x{202F}\x{FEFF}\x{200B}]+', ' ', 'g'));

create or replace temp macro slug(x) as
    trim(
        regexp_replace(
            replace(replace(lower(strip_accents(x)), 'œ', 'oe'), 'æ', 'ae'), '[^a-z0-9+]+', '_', 'g'
        ),
        '_'
    );

create or replace temp macro bare(x) as regexp_replace(x, '[\s\x{00A0}\x{202F}€%]', '', 'g');

create or replace temp macro plain_number(x) as
    try_cast(regexp_extract(x, '^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?$') as double);

create or replace temp macro grouped_number(x) as
    case
        when x like '%,%.%' then plain_number(replace(x, ',', ''))
        else plain_number(replace(replace(x, '.', ''), ',', '.'))
    end;

-- Spaces between thousands, euro and per cent signs go; the last of `,` and `.` is the decimal sign.
create or replace temp macro parse_number(x) as
    coalesce(
        plain_number(replace(bare(x), ',', '.')),
        case when contains(x, ',') and contains(x, '.') then grouped_number(bare(x)) end
    );

create or replace temp macro parse_integer(x, low, high) as
    case
        when parse_number(x) between low and high and parse_number(x) = floor(parse_number(x))
            then parse_number(x)::integer
    end;

-- A figure of a ledger without its currency and tax; « (120,00) », « 120,00- » and « −120,00 » are negative.
create or replace temp macro ledger_number(x) as
    regexp_replace(
        regexp_replace(
            trim(
                regexp_replace(
                    translate(x, '−‒–', '---'), '(?i)(?:€|euros?|eur|h\.?\s?t\.?|t\.?\s?t\.?\s?c\.?)', '', 'g'
                )
            ),
            '^\(\s*([^-()]+?)\s*\)$', '-\1'
        ),
        '^([^-]*[0-9])\s*-$', '-\1'
    );

-- What names are compared by: no accents, no case; a name of other letters as it is.
create or replace temp macro name_key(x) as coalesce(nullif(slug(x), ''), x);

-- « TOTAL », « Total général », « Sous-total Les Ormes », « Les Ormes – total », « Cumul », « Toutes résidences ».
create or replace temp macro is_total(x) as
    regexp_matches(
        slug(x),
        '^(?:(?:sous|s|grand)_?)?tota(?:l|ux)(?:_|$)|_total$|^(?:ensemble|cumul|somme|recap|recapitulatif)$'
        || '|^(?:tou(?:te)?s_(?:les_)?|ensemble_des_)(?:residences|bailleurs|sites|categories|mois|lignes)$'
        || '|^ensemble_du_(?:parc|patrimoine)$'
    );

-- 21:40, 21:40:05, 21h40, 21 h, 9h05, 24:00, or the time of a full date.
create or replace temp macro time_parts(x) as
    regexp_extract(
        x,
        '^(?:[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}[T ]\s*)?([0-9]{1,2})\s*(?:[:hH]\s*([0-9]{1,2})?(?::([0-9]{1,2}))?(?:\.[0-9]+)?\s*(?:mn|min|m)?)?$',
        ['h', 'm', 's']
    );

create or replace temp macro any_time(x) as
    try_cast(
        case
            when time_parts(x).h = '' then null
            when time_parts(x).h = '24' and coalesce(time_parts(x).m, '') in ('', '0', '00') then '00:00:00'
            else
                lpad(time_parts(x).h, 2, '0')
                || ':' || lpad(coalesce(time_parts(x).m, ''), 2, '0')
                || ':' || lpad(coalesce(time_parts(x).s, ''), 2, '0')
        end as time
    );

create or replace temp macro parse_time(x) as
    coalesce(
        try_cast(regexp_extract(x, '^(?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2})?$') as time),
        case when x <> '' then any_time(x) end
    );

create or replace temp macro iso_clock(x) as
    try_cast(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_extract(
                        replace(x, ',', '.'),
                        '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?\s*(?:Z|[-+][0-9]{2}(?::?[0-9]{2})?)?$'
                    ),
                    '([T ][0-9]{2}:[0-9]{2})\s*(Z|[-+].*)?$', '\1:00\2'
                ),
                '\s*([-+][0-9]{2}):?([0-9]{2})$', '\1:\2'
            ),
            '\s*Z$', '+00:00'
        ) as timestamptz
    );

-- 2026-11-24, with or without a time, with or without an offset (+01:00, +0100, Z).
create or replace temp macro iso_moment(x, zone) as
    coalesce(
        try_cast(regexp_extract(x, '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$') as timestamp),
        case when contains(x, ':') then iso_clock(x) at time zone zone end
    );

-- Seconds or milliseconds since 1970, UTC.
create or replace temp macro epoch_moment(x, zone) as
    case
        when regexp_full_match(x, '[0-9]{9,10}(\.[0-9]+)?') then to_timestamp(x::double) at time zone zone
        when regexp_full_match(x, '[0-9]{12,13}(\.[0-9]+)?') then to_timestamp(x::double / 1000) at time zone zone
    end;

-- A spreadsheet's serial day.
create or replace temp macro excel_moment(x) as
    case
        when regexp_full_match(x, '[2-7][0-9]{4}([.,][0-9]+)?')
            then
                timestamp '1899-12-30 00:00:00'
                + to_seconds(round(replace(x, ',', '.')::double * 86400))
    end;

-- « 12 janvier 2025 », « mardi 1er avril 2025 », « janv. 2025 », « déc-25 ».
create or replace temp macro french_parts(x) as
    regexp_extract(
        slug(x), '^(?:[a-z]+_)?(?:([0-9]{1,2})(?:er)?_)?([a-z]{3,9})_?([0-9]{4}|[0-9]{2})$', ['d', 'm', 'y']
    );

create or replace temp macro french_month(x) as
    case
        when starts_with('janvier', x) and length(x) >= 3 then '01'
        when starts_with('fevrier', x) and length(x) >= 3 then '02'
        when starts_with('mars', x) and length(x) >= 3 then '03'
        when starts_with('avril', x) and length(x) >= 3 then '04'
        when x = 'mai' then '05'
        when x in ('juin', 'jun') then '06'
        when starts_with('juillet', x) and length(x) >= 4 or x = 'jul' then '07'
        when starts_with('aout', x) and length(x) >= 3 then '08'
        when starts_with('septembre', x) and length(x) >= 3 then '09'
        when starts_with('octobre', x) and length(x) >= 3 then '10'
        when starts_with('novembre', x) and length(x) >= 3 then '11'
        when starts_with('decembre', x) and length(x) >= 3 then '12'
    end;

create or replace temp macro french_moment(x) as
    try_cast(
        case when french_month(french_parts(x).m) is not null
            then
                right('20' || french_parts(x).y, 4)
                || '-' || french_month(french_parts(x).m)
                || '-' || lpad(coalesce(nullif(french_parts(x).d, ''), '1'), 2, '0')
        end as timestamp
    );

-- A year written with two digits is never the first century.
create or replace temp macro plausible(moment) as case when year(moment) >= 1000 then moment end;

-- What came is shown in short, and not at all when it looks like a person.
create or replace temp macro shortened(x, personal, shown) as
    case
        when regexp_matches(x, personal) then '(masqué)'
        when length(x) > shown then x[1:shown - 1] || '…'
        else x
    end;

-- A clock time before the start of the service day belongs to the next calendar day.
create or replace temp macro on_service_day(day, clock) as
    day + clock + case when clock < time '00:00:00' + day_starts() then interval 1 day else interval 0 day end;

create or replace temp macro next_day_if_before(moment, start_moment) as
    case when moment < start_moment then moment + interval 1 day else moment end;
