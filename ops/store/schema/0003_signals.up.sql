-- What ends a session or its query (approval.Signals) runs beside whatever runs on the database: it may be there to free
-- that very one.
DROP INDEX dbbot.requests_running;
CREATE UNIQUE INDEX requests_running ON dbbot.requests (system, catalog) WHERE state = 'running' AND command NOT IN ('cancel', 'terminate');
