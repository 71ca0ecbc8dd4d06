-- The sample shop: some 230,000 rows, made on the server. setseed makes every run the same.
SELECT setseed(0.42);

INSERT INTO customers (name, email, country, created_at)
SELECT first || ' ' || last, lower(first) || '.' || lower(last) || n || '@example.com', country, now() - random() * interval '3 years'
FROM generate_series(1, 20000) AS n,
     LATERAL (SELECT (ARRAY['Ada','Ben','Chloe','Dev','Elif','Femi','Grace','Hugo','Ines','Jonas','Keiko','Lena','Malik','Nora','Otto','Priya'])[1 + n % 16] AS first,
                     (ARRAY['Adler','Baker','Costa','Dubois','Eriksen','Fischer','Garcia','Haddad','Ito','Jansen','Kowalski','Lopez','Moreau'])[1 + n % 13] AS last,
                     (ARRAY['DE','FR','GB','NL','PL','ES','SE'])[1 + n % 7] AS country) AS person;

INSERT INTO products (sku, name, price, stock)
SELECT 'SKU-' || lpad(n::text, 5, '0'), colour || ' ' || thing, round((4 + random() * 90)::numeric, 2), 50 + n % 400
FROM generate_series(1, 600) AS n,
     LATERAL (SELECT (ARRAY['Blue','Green','Red','Grey','Oak','Linen','Copper'])[1 + n % 7] AS colour,
                     (ARRAY['teapot','lamp','notebook','blanket','bowl','backpack','clock','chair','candle','mirror','basket'])[1 + n % 11] AS thing) AS item;

INSERT INTO orders (customer_id, status, placed_at)
SELECT 1 + floor(random() * 20000)::bigint, (ARRAY['sent','sent','sent','sent','paid','packed','returned'])[1 + n % 7],
       now() - (70000 - n) * interval '3 minutes'
FROM generate_series(1, 70000) AS n;

INSERT INTO order_items (order_id, product_id, quantity, unit_price)
SELECT o.id, p.id, 1 + (o.id + line) % 3, p.price
FROM orders AS o
CROSS JOIN generate_series(0, 1) AS line
JOIN products AS p ON p.id = 1 + (o.id * 7 + line * 131) % 600;

ANALYZE;
