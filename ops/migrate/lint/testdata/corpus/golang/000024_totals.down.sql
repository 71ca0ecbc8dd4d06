DROP FUNCTION loans_of(uuid);
DROP MATERIALIZED VIEW loans_by_day;
