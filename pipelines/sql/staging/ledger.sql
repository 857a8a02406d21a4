create table files (
    file_id integer, name varchar, sha256 varchar, bytes bigint, record varchar, table_name varchar,
    rows_read bigint, fictional boolean, error varchar
);

create table rejected_rows (
    file_id integer, line bigint, column_name varchar, reason varchar, expected varchar, received varchar
);

create table import_warnings (file_id integer, kind varchar, column_name varchar, count bigint);

-- Blocks of 1,024 rows of a file. The physical line of a row is row + first_line, and its shift where blank lines or
-- line breaks inside values push the rows of the block.
create table line_blocks (file_id integer, file_name varchar, first_line bigint, block bigint, shifts integer[]);

-- What the record of each file of lines that add up says of several lines of one key.
create table ledger_files (file_id integer, repeated varchar);

-- Duplicates.
create table dropped_rows (file_id integer, row bigint);
