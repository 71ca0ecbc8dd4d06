ALTER TABLE tools
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX tools_tags ON tools USING gin (tags);
