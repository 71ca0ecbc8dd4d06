// The judge: Slack's official clients (@slack/bolt, @slack/socket-mode, @slack/web-api) against the local workspace,
// which knows nothing of them. WORKSPACE names the built program (go build -o … ./cmd/workspace).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import bolt from '@slack/bolt';
import socketMode from '@slack/socket-mode';
import webApi from '@slack/web-api';
import { expected, person, startWorkspace, until } from './workspace.mjs';

const { App, LogLevel, SocketModeReceiver } = bolt;
const { SocketModeClient } = socketMode;
const { WebClient, WebClientEvent } = webApi;

const general = 'C0GENERAL';
let workspace, app, ana, ben;
const heard = {}; // what the app was told, by name

before(async () => {
  assert.ok(process.env.WORKSPACE, 'WORKSPACE names the built program');
  workspace = await startWorkspace(process.env.WORKSPACE);
  ana = person(workspace.base, 'U0ANA');
  ben = person(workspace.base, 'U0BEN');
  // Bolt closes a socket and waits for this long before the next one: short, so that a refresh is quick.
  const receiver = new SocketModeReceiver({
    appToken: workspace.appToken, clientPingTimeout: 1000, logLevel: LogLevel.ERROR, installerOptions: { clientOptions: { slackApiUrl: workspace.api } },
  });
  app = new App({ token: workspace.botToken, receiver, logLevel: LogLevel.ERROR, clientOptions: { slackApiUrl: workspace.api } });
  program(app);
  await app.start();
  await until('the socket', async () => (await ana.boot()).app.sockets === 1);
});

after(async () => {
  await app?.stop();
  assert.equal(await workspace?.stop(), 0, 'Ctrl-C ends the workspace with 0');
});

const button = (text, action_id) => ({ type: 'button', text: { type: 'plain_text', text }, action_id, value: `${action_id}-value` });
const card = (text, ...buttons) => [
  { type: 'section', block_id: 'what', text: { type: 'mrkdwn', text } },
  ...(buttons.length ? [{ type: 'actions', block_id: 'do', elements: buttons }] : []),
];
const modal = (title, blocks, more = {}) => ({
  type: 'modal', callback_id: 'ask', title: { type: 'plain_text', text: title }, submit: { type: 'plain_text', text: 'Send' }, blocks, ...more,
});
const reason = { type: 'input', block_id: 'why', label: { type: 'plain_text', text: 'Reason' }, element: { type: 'plain_text_input', action_id: 'text' } };
const because = (value) => ({ why: { text: { type: 'plain_text_input', value } } });

/** A small app as anybody would write it with Bolt. */
function program(app) {
  app.command('/judge', async ({ command, ack, say, respond, client }) => {
    heard.command = command;
    switch (command.text.split(' ')[0]) {
      case 'ack': return ack({ response_type: 'ephemeral', text: 'Only you see this.' });
      case 'card': await ack(); return say({ text: 'A card', blocks: card('*pending*', button('Approve', 'approve'), button('Details', 'details')) });
      case 'respond': await ack(); return respond({ response_type: 'in_channel', text: 'Everybody sees this.' });
      case 'ask': await ack(); heard.view = (await client.views.open({ trigger_id: command.trigger_id, view: modal('Why', [reason]) })).view; return;
      default: await ack();
    }
  });
  app.action('approve', async ({ ack, body, client }) => {
    await ack();
    heard.click = body;
    await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: 'Approved', blocks: card(`approved by <@${body.user.id}>`) });
  });
  app.action('details', async ({ ack, body, client }) => {
    await ack();
    heard.view = (await client.views.open({ trigger_id: body.trigger_id, view: modal('Details', [{ type: 'actions', elements: [button('More', 'more')] }]) })).view;
  });
  app.action('more', async ({ ack, body, client }) => {
    await ack();
    heard.pushed?.settle((await client.views.push({ trigger_id: body.trigger_id, view: modal('More', [reason]) })).view);
  });
  app.view('ask', async ({ ack, view }) => {
    const text = view.state.values.why.text.value;
    if (text.length < 5) return ack({ response_action: 'errors', errors: { why: 'Say more.' } });
    heard.submitted = view;
    return ack();
  });
  app.event('app_home_opened', async ({ event, client }) => {
    await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: card(`Hello <@${event.user}>`) } });
  });
  app.event('app_mention', async ({ event, say }) => {
    heard.mention = event;
    await say({ text: `You said: ${event.text}`, thread_ts: event.thread_ts ?? event.ts });
  });
}

test('auth.test says who the app is', async () => {
  const me = await app.client.auth.test();
  assert.deepEqual([me.team_id, me.user_id, me.team], ['T0DEMO', 'U0DBBOT', 'Corner Shop']);
});

test('a slash command arrives with its ids, and the ack is shown to its person alone', async () => {
  assert.equal((await ana.say(general, '/judge ack one  two')).ok, true);
  const shown = await ana.sees(general, (m) => m.text === 'Only you see this.');
  assert.equal(shown.ephemeral, true);
  assert.equal((await ben.read(general)).some((m) => m.text === 'Only you see this.'), false);
  const { command, text, team_id, channel_id, user_id, api_app_id, trigger_id, response_url } = heard.command;
  assert.deepEqual([command, text, team_id, channel_id, user_id, api_app_id], ['/judge', 'ack one  two', 'T0DEMO', general, 'U0ANA', 'A0DBBOT']);
  assert.ok(trigger_id && response_url.startsWith('http://127.0.0.1:'));
});

test('response_url speaks in the channel', async () => {
  await ana.say(general, '/judge respond');
  assert.ok(!(await ben.sees(general, (m) => m.text === 'Everybody sees this.')).ephemeral);
});

test('a button is pressed and the same message changes', async () => {
  await ana.say(general, '/judge card');
  const posted = await ben.sees(general, (m) => m.text === 'A card');
  assert.equal((await ben.press(general, posted.ts, { type: 'button', block_id: 'do', action_id: 'approve', value: 'approve-value' })).ok, true);
  const changed = await ana.sees(general, (m) => m.ts === posted.ts && m.text === 'Approved');
  assert.match(JSON.stringify(changed.blocks), /approved by <@U0BEN>/);
  assert.deepEqual([heard.click.actions[0].value, heard.click.user.id, heard.click.container.message_ts], ['approve-value', 'U0BEN', posted.ts]);
});

test('a modal opens, refuses a bad answer with an error at its field, then takes a good one', async () => {
  heard.view = undefined;
  await ana.say(general, '/judge ask');
  const view = await until('the modal', async () => heard.view);
  assert.deepEqual(await ana.submit(view.id, because('no')), { ok: true, response_action: 'errors', errors: { why: 'Say more.' } });
  assert.equal((await ana.submit(view.id, because('because it is right'))).ok, true);
  assert.equal(heard.submitted.state.values.why.text.value, 'because it is right');
  assert.equal(heard.submitted.id, view.id);
});

test('a second modal is pushed onto the first', async () => {
  heard.view = undefined;
  heard.pushed = expected('the pushed view');
  await ana.say('C0ORDERS', '/judge card');
  const posted = await ana.sees('C0ORDERS', (m) => m.text === 'A card');
  await ana.press('C0ORDERS', posted.ts, { type: 'button', block_id: 'do', action_id: 'details', value: 'details-value' });
  const first = await until('the first modal', async () => heard.view);
  const block = first.blocks[0];
  await ana.pressInView(first.id, { type: 'button', block_id: block.block_id, action_id: 'more', value: 'more-value' });
  const second = await heard.pushed.promise;
  assert.deepEqual([second.previous_view_id, second.root_view_id], [first.id, first.id]);
  assert.equal((await ana.submit(second.id, because('enough now'))).ok, true);
});

test('the Home tab is published when it is opened', async () => {
  await ana.home();
  const view = await until('the Home tab', async () => (await ana.home()).view);
  assert.match(JSON.stringify(view.blocks), /Hello <@U0ANA>/);
});

test('a mention in a thread is answered in that thread', async () => {
  const { ts } = await ana.say(general, 'How is it?');
  await ana.say(general, '<@U0DBBOT> status', ts);
  const answer = await ana.sees(general, (m) => m.text.startsWith('You said:'), ts);
  assert.deepEqual([answer.thread_ts, heard.mention.thread_ts, heard.mention.user], [ts, ts, 'U0ANA']);
});

test('a file goes up in three steps and stands in the channel', async () => {
  await app.client.files.uploadV2({ channel_id: 'C0ORDERS', filename: 'plan.sql', content: 'select 1;\n', title: 'The plan', initial_comment: 'Here it is.' });
  const shared = await ana.sees('C0ORDERS', (m) => m.files?.[0]?.name === 'plan.sql');
  assert.deepEqual([shared.files[0].title, shared.text], ['The plan', 'Here it is.']);
  const url = new URL(shared.files[0].url_private, workspace.base);
  const bytes = await fetch(url, { headers: { authorization: `Bearer ${workspace.botToken}` } });
  assert.equal(await bytes.text(), 'select 1;\n');
});

test('too many messages a second are refused with 429, and the client waits and goes on', async () => {
  const client = new WebClient(workspace.botToken, { slackApiUrl: workspace.api, logLevel: 'error' });
  let refused = 0;
  client.on(WebClientEvent.RATE_LIMITED, (seconds) => { refused += 1; assert.ok(seconds >= 1); });
  const posts = await Promise.all([1, 2, 3, 4, 5].map((n) => client.chat.postMessage({ channel: 'C0DBOPS', text: `quick ${n}` })));
  assert.ok(refused > 0, 'nothing was refused');
  assert.equal(new Set(posts.map((p) => p.ts)).size, 5);
  const strict = new WebClient(workspace.botToken, { slackApiUrl: workspace.api, logLevel: 'error', rejectRateLimitedCalls: true });
  const burst = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => strict.chat.postMessage({ channel: 'C0DBOPS', text: `strict ${n}` })));
  const error = burst.find((b) => b.status === 'rejected')?.reason;
  assert.equal(error?.code, 'slack_webapi_rate_limited_error');
  assert.ok(error.retryAfter >= 1);
});

test('refusals carry what Slack says', async () => {
  const refusal = (call) => call.then(() => assert.fail('it was accepted'), (error) => error.data);
  const scope = await refusal(app.client.users.info({ user: 'U0ANA' }));
  assert.deepEqual([scope.error, scope.needed], ['missing_scope', 'users:read']);
  const long = await refusal(app.client.chat.postMessage({ channel: general, text: 'x', blocks: card('x'.repeat(3001)) }));
  assert.equal(long.error, 'invalid_blocks');
  assert.deepEqual(long.response_metadata.messages, ['[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]']);
  assert.equal((await refusal(app.client.chat.postMessage({ channel: 'C0NOWHERE', text: 'x' }))).error, 'channel_not_found');
  assert.equal((await refusal(new WebClient('xoxb-wrong', { slackApiUrl: workspace.api, logLevel: 'error' }).auth.test())).error, 'invalid_auth');
  assert.equal((await refusal(new WebClient(workspace.appToken, { slackApiUrl: workspace.api, logLevel: 'error' }).chat.postMessage({ channel: general, text: 'x' }))).error, 'not_allowed_token_type');
});

test('a command that nobody acks ends in operation_timeout', { timeout: 20_000 }, async () => {
  const silent = new SocketModeClient({ appToken: workspace.appToken, logLevel: 'error', clientOptions: { slackApiUrl: workspace.api } });
  await app.stop();
  await until('the socket to close', async () => (await ana.boot()).app.sockets === 0);
  await silent.start();
  await until('the silent socket', async () => (await ana.boot()).app.sockets === 1);
  await ana.say(general, '/judge ack nobody');
  const timedOut = await until('the time-out', async () => (await ana.log()).envelopes.find((e) => e.outcome === 'timeout'));
  assert.equal(timedOut.type, 'slash_commands');
  await silent.disconnect();
  await until('the silent socket to close', async () => (await ana.boot()).app.sockets === 0);
  await app.start();
  await until('the socket', async () => (await ana.boot()).app.sockets === 1);
});

test('a socket is refreshed with a warning, and commands go on', { timeout: 30_000 }, async () => {
  const before = (await ana.log()).counts.connects;
  assert.equal((await ana.steer('warn')).ok, true);
  await until('the next socket', async () => {
    const [{ counts }, { app: seen }] = [await ana.log(), await ana.boot()];
    return counts.connects > before && seen.sockets === 1;
  });
  heard.command = undefined;
  await ana.say(general, '/judge ack after the refresh');
  assert.equal((await until('the command', async () => heard.command)).text, 'ack after the refresh');
});
