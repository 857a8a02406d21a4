insert into entries (at, person, role, landlord, action, what, detail)
values (:at, :person, :role, :landlord, :action, :what, :detail)
