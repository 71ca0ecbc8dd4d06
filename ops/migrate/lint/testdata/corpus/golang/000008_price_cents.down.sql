ALTER TABLE tools ADD COLUMN price numeric(10,2) NOT NULL DEFAULT 0;
UPDATE tools SET price = price_cents / 100.0;
ALTER TABLE tools DROP COLUMN price_cents;
