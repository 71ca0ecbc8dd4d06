CREATE TABLE IF NOT EXISTS loans (
    id bigserial PRIMARY KEY,
    tool_id integer NOT NULL REFERENCES tools (id) ON DELETE CASCADE,
    member_id uuid NOT NULL REFERENCES members (id) ON DELETE RESTRICT,
    taken_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz,
    returned_at timestamptz,
    CHECK (returned_at IS NULL OR returned_at >= taken_at)
);
CREATE INDEX IF NOT EXISTS loans_member_id_idx ON loans (member_id, taken_at DESC);
