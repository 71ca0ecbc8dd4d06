// A workspace that runs as its own program, and the people in it: they press and type over the same HTTP that its
// page uses. Nothing here knows how the workspace is made.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// Bounds, in milliseconds.
const startWithin = 20_000;
const shownWithin = 10_000;

/** Starts the built program and reads from its own words what an app needs. */
export async function startWorkspace(program, manifest = new URL('manifest.yml', import.meta.url)) {
  const child = spawn(program, ['--port', '0', '--no-open', '--manifest', fileURLToPath(manifest)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL')); // whatever happens here, the program does not outlive us
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  const env = {};
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const found = /export (\w+)=(\S+)/.exec(line);
      if (found) env[found[1]] = found[2];
      if (env.SLACK_API_URL && env.SLACK_BOT_TOKEN && env.SLACK_APP_TOKEN) return;
    }
    throw new Error('the workspace ended before it was ready');
  })();
  await Promise.race([ready, failAfter(startWithin, 'the workspace to be ready')]);
  child.stdout.resume();
  return {
    api: env.SLACK_API_URL,
    botToken: env.SLACK_BOT_TOKEN,
    appToken: env.SLACK_APP_TOKEN,
    base: new URL('/', env.SLACK_API_URL).href,
    /** Ctrl-C; gives the exit code. */
    async stop() {
      child.kill('SIGINT');
      const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
      return code;
    },
  };
}

/** Somebody in the workspace: what they see, and what they do. */
export function person(base, as) {
  const get = async (path, query = {}) => (await fetch(new URL(`${path}?${new URLSearchParams({ as, ...query })}`, base))).json();
  const post = async (path, body) =>
    (await fetch(new URL(path, base), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ as, ...body }) })).json();
  const control = async (what, body) =>
    (await fetch(new URL(`control/${what}`, base), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
  return {
    boot: () => get('page/boot'),
    read: async (channel, thread) => (await get('page/history', thread ? { channel, thread } : { channel })).messages ?? [],
    say: (channel, text, thread_ts) => post('page/say', { channel, text, thread_ts }),
    press: (channel, message_ts, action) => post('page/action', { channel, message_ts, action }),
    pressInView: (view_id, action) => post('page/action', { view_id, action }),
    submit: (view_id, values) => post('page/view', { view_id, event: 'submit', state: { values } }),
    close: (view_id) => post('page/view', { view_id, event: 'close' }),
    home: () => post('page/home', {}),
    /** Waits until a message that fits is there, and gives it. */
    sees: (channel, fits, thread) => until(`a message in ${channel}`, async () => (await get('page/history', thread ? { channel, thread } : { channel })).messages?.find(fits)),
    log: () => get('page/log'),
    steer: (what, body = {}) => control(what, body),
  };
}

/** Asks again and again until the answer is something. */
export async function until(what, ask) {
  const end = Date.now() + shownWithin;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`gave up waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A promise that somebody else settles, bounded. */
export function expected(what) {
  let settle;
  const promise = new Promise((resolve) => (settle = resolve));
  return { settle, promise: Promise.race([promise, failAfter(shownWithin, what)]) };
}

function failAfter(ms, what) {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(`gave up waiting for ${what}`)), ms).unref());
}
