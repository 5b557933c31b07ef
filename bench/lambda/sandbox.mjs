// One sandbox of Lambda: loads the bundle, then speaks the Runtime API: asks for the next event, runs the handler, hands the answer back.
import { request } from 'node:http';

const call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const sent = request(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/${path}`, { method }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve({ response, text }));
    });
    sent.on('error', reject).end(body);
  });

const { [process.env.BATON_HANDLER]: handler } = await import(process.env.BATON_BUNDLE);
// Counted from when the process began, as Lambda counts the time to the first question for an event.
const initMs = performance.now();
const { user, system } = process.cpuUsage();
const cpuMs = (user + system) / 1_000;

for (;;) {
  const { response, text } = await call('GET', `invocation/next?initMs=${initMs}&cpuMs=${cpuMs}`);
  if (response.statusCode !== 200) process.exit(0);
  const id = response.headers['lambda-runtime-aws-request-id'];
  const deadline = Number(response.headers['lambda-runtime-deadline-ms']);
  const context = { awsRequestId: id, functionName: 'bench', getRemainingTimeInMillis: () => deadline - Date.now() };
  const startedMs = performance.now();
  const outcome = await handler(JSON.parse(text), context).then(
    () => 'response',
    () => 'error',
  );
  await call('POST', `invocation/${id}/${outcome}?tookMs=${performance.now() - startedMs}`, '{}');
}
