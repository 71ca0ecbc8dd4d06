CREATE MATERIALIZED VIEW IF NOT EXISTS loans_by_day AS
    SELECT date_trunc('day', taken_at) AS day, count(*) AS n FROM loans GROUP BY 1;
CREATE UNIQUE INDEX loans_by_day_day ON loans_by_day (day);
REFRESH MATERIALIZED VIEW loans_by_day;
CREATE FUNCTION loans_of(member uuid) RETURNS bigint LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT count(*) FROM loans WHERE member_id = member;
END;
