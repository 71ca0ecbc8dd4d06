-- What the shop's reports are drawn from: small, and nothing wrong with it.
CREATE TABLE daily_sales (
    day     date NOT NULL,
    country text NOT NULL,
    orders  integer NOT NULL,
    revenue numeric(12, 2) NOT NULL,
    PRIMARY KEY (day, country)
);

INSERT INTO daily_sales (day, country, orders, revenue)
SELECT current_date - n, country, 20 + n % 60, round((400 + random() * 2000)::numeric, 2)
FROM generate_series(1, 730) AS n, unnest(ARRAY['DE','FR','GB','NL','PL','ES','SE']) AS country;

ANALYZE;
