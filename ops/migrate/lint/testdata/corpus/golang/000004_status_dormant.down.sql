-- A value of an enum cannot be taken away again.
SELECT 1;
