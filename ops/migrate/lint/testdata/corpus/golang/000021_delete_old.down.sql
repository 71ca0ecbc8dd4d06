DELETE FROM settings WHERE key LIKE 'member/%';
