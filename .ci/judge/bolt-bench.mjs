// A minimal Bolt app that does what the bot does for `/db ping`: ack, then answer the person through the response
// URL. A benchmark runs it beside the bot. From the environment: SLACK_API_URL, SLACK_BOT_TOKEN, SLACK_APP_TOKEN.
// It prints "ready" once its socket is open, and ends on SIGTERM or SIGINT.
import bolt from '@slack/bolt';

const { App, LogLevel, SocketModeReceiver } = bolt;
const { SLACK_API_URL: slackApiUrl, SLACK_BOT_TOKEN: token, SLACK_APP_TOKEN: appToken } = process.env;

const receiver = new SocketModeReceiver({ appToken, logLevel: LogLevel.ERROR, installerOptions: { clientOptions: { slackApiUrl } } });
const app = new App({ token, receiver, logLevel: LogLevel.ERROR, clientOptions: { slackApiUrl } });

app.command(/.*/, async ({ command, ack, respond }) => {
  await ack();
  await respond({ response_type: 'ephemeral', text: `pong: ${command.text}` });
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    await app.stop();
    process.exit(0);
  });
}

await app.start();
console.log('ready');
