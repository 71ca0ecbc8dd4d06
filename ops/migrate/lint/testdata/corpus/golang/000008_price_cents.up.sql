ALTER TABLE tools ADD COLUMN price_cents bigint;
UPDATE tools SET price_cents = (price * 100)::bigint;
ALTER TABLE tools ALTER COLUMN price_cents SET NOT NULL,
    ALTER COLUMN price_cents SET DEFAULT 0;
ALTER TABLE tools DROP COLUMN price;
