-- One row: school and youth actions of the whole data; none at all means that no export tells of them.
select count(*) as actions from w.school_actions
