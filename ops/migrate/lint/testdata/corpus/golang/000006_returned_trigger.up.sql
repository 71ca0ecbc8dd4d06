CREATE OR REPLACE FUNCTION note_return() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.returned_at IS NOT NULL AND OLD.returned_at IS NULL THEN
        PERFORM pg_notify('returned', NEW.id::text);
    END IF;
    RETURN NEW;
END;
$$;

DROP TRIGGER IF EXISTS note_return ON loans;
CREATE TRIGGER note_return
    BEFORE UPDATE ON loans
    FOR EACH ROW
    EXECUTE PROCEDURE note_return();
