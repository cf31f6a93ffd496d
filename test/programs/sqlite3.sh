# shellcheck shell=bash
# sqlite3: a database file with indexes, joins, a window function, JSON, full
# text search, vacuum and an integrity check.
# set: quick
run()
{
	under_test sqlite3 -batch -bail test.db <<'END'
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -20000;
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, town INTEGER, pay REAL);
CREATE TABLE town(id INTEGER PRIMARY KEY, name TEXT UNIQUE);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO town SELECT i, 'town ' || (i * 7919 % 10007) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80000)
INSERT INTO person
SELECT i, printf('name %08x', i * 2654435761 % 4294967296),
	1 + i * 31 % 500, (i * 37 % 5000) / 7.0 FROM n;
COMMIT;
CREATE INDEX person_town ON person(town, pay);
CREATE INDEX person_name ON person(name);
SELECT t.name, count(*), round(avg(p.pay), 3) FROM person p
	JOIN town t ON t.id = p.town GROUP BY t.id ORDER BY 3 DESC, 1 LIMIT 5;
SELECT id, name, rank() OVER (PARTITION BY town ORDER BY pay DESC, id) AS r
	FROM person ORDER BY r DESC, id LIMIT 3;
SELECT count(DISTINCT substr(name, 6, 3)) FROM person;
CREATE VIRTUAL TABLE words USING fts5(body);
INSERT INTO words SELECT name || ' ' || town || ' word' || (id % 97)
	FROM person WHERE id <= 15000;
SELECT count(*) FROM words WHERE words MATCH 'word5 OR word9';
SELECT length(json_group_array(json_object('id', id, 'n', name))) FROM person;
UPDATE person SET pay = pay * 1.5 WHERE town % 3 = 0;
DELETE FROM person WHERE id % 7 = 0;
SELECT count(*), round(sum(pay), 2) FROM person;
VACUUM;
PRAGMA integrity_check;
END
	under_test sqlite3 test.db .dump | sha256sum
}
