// The Lambda runtime of one sandbox: asks the Runtime API for the next event, runs the handler, hands the answer back.
const base = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

// Slack's two hosts are here what the drill says, as a hosts file would make them. The bundle is the deployed one: nothing in it can be
// told to take another host for Slack, and no variable of a real deployment reaches this file.
const slack = process.env.LOCAL_SLACK_URL;
if (slack) {
  const direct = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const { origin, pathname, search } = new URL(input instanceof Request ? input.url : input);
    const isSlack = origin === 'https://slack.com' || origin === 'https://hooks.slack.com';
    return direct(isSlack ? new URL(`${pathname}${search}`, slack) : input, init);
  };
}

const { [process.env.BATON_HANDLER]: handler } = await import(process.env.BATON_BUNDLE);

// The pool holds the other end: a sandbox never outlives it.
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));

for (;;) {
  const next = await fetch(`${base}/invocation/next`);
  if (next.status !== 200) break;
  const id = next.headers.get('lambda-runtime-aws-request-id');
  const deadline = Number(next.headers.get('lambda-runtime-deadline-ms'));
  const context = {
    awsRequestId: id,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    invokedFunctionArn: `arn:aws:lambda:${process.env.AWS_REGION}:123456789012:function:${process.env.AWS_LAMBDA_FUNCTION_NAME}`,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    const result = await handler(await next.json(), context);
    await fetch(`${base}/invocation/${id}/response`, { method: 'POST', body: JSON.stringify(result ?? null) });
  } catch (error) {
    const body = { errorType: error?.name ?? 'Error', errorMessage: error?.message ?? String(error), trace: [] };
    await fetch(`${base}/invocation/${id}/error`, { method: 'POST', body: JSON.stringify(body) });
  }
}
