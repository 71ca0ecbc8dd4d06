// Prisma's own schema engine (WebAssembly, as it comes from the npm registry) on Prisma's own driver adapter: the part of
// `prisma migrate` that reads folders and keeps _prisma_migrations. One JSON request a line on stdin, one answer a line
// on stdout: {"do": "deploy" | "status" | "applied" | "rolled-back", "url", "dir", "name"}. Each request is a session of
// its own, as each call of Prisma's command line is.
import { readFile, readdir } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';

const wasm = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm').replace(/schema_engine\.js$/, 'schema_engine_bg.wasm');
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasm)), { './schema_engine_bg.js': glue });
glue.__wbg_set_wasm(exports);
exports.__wbindgen_start();

// The adapter cuts a script at every semicolon, in function bodies too; the engine that Prisma's command line downloads
// sends it whole. So does this.
const whole = (adapter) =>
  Object.assign(adapter, {
    async executeScript(script) {
      try {
        await adapter.client.query(script);
      } catch (error) {
        adapter.onError(error);
      }
    },
  });

// factory gives the engine one session, and keeps it in open, since the engine does not end it.
function factory(url, open) {
  const schema = new URL(url).searchParams.get('schema') ?? undefined;
  const adapters = new PrismaPg({ connectionString: url, max: 1 }, { schema });
  return bindMigrationAwareSqlAdapterFactory({
    provider: adapters.provider,
    adapterName: adapters.adapterName,
    async connect() {
      open.push(whole(await adapters.connect()));
      return open.at(-1);
    },
    connectToShadowDb: () => Promise.reject(new Error('no shadow database is needed here')),
  });
}

// list reads a folder as the command line does (prisma 7.10, listMigrations).
async function list(dir) {
  const lockfile = { path: 'migration_lock.toml', content: await readFile(join(dir, 'migration_lock.toml'), 'utf-8').catch(() => null) };
  const migrationDirectories = [];
  for (const entry of (await readdir(dir, { withFileTypes: true })).filter((e) => e.isDirectory())) {
    const content = await readFile(join(dir, entry.name, 'migration.sql'), 'utf-8').then(
      (value) => ({ tag: 'ok', value }),
      (e) => ({ tag: 'error', value: e.message }),
    );
    migrationDirectories.push({ path: entry.name, migrationFile: { path: 'migration.sql', content } });
  }
  migrationDirectories.sort((a, b) => a.path.localeCompare(b.path));
  return { baseDir: dir, lockfile, migrationDirectories, shadowDbInitScript: '' };
}

async function answer({ do: what, url, dir, name }) {
  const filters = { externalTables: [], externalEnums: [] };
  const datamodel = 'datasource db {\n  provider = "postgresql"\n}\n';
  const open = [];
  const engine = await glue.SchemaEngine.new({ datamodels: [['schema.prisma', datamodel]] }, () => {}, factory(url, open));
  try {
    switch (what) {
      case 'deploy':
        return await engine.applyMigrations({ migrationsList: await list(dir), filters });
      case 'status':
        return await engine.diagnoseMigrationHistory({ migrationsList: await list(dir), optInToShadowDatabase: false, filters });
      case 'applied':
        return await engine.markMigrationApplied({ migrationsList: await list(dir), migrationName: name });
      case 'rolled-back':
        return await engine.markMigrationRolledBack({ migrationName: name });
    }
    throw new Error(`unknown: ${what}`);
  } finally {
    engine.free();
    await Promise.all(open.map((adapter) => adapter.dispose()));
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = await answer(JSON.parse(line)).catch((e) => ({ error: e.code ?? '', message: String(e.message ?? e), meta: e.meta }));
  console.log(JSON.stringify(said ?? {}));
}
process.exit(0); // or the engine's timers keep it for ten seconds
