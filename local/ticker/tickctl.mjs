// What the guard asks of tickd: `health` (active and standby), `ready`, and `slot`, the last height it may have signed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { TICK_URL, TICK_DIR } = process.env;
const [verb] = process.argv.slice(2);
if (verb === 'health') {
  const { height } = await (await fetch(`${TICK_URL}/head`)).json();
  process.stdout.write(JSON.stringify({ synced: true, height }));
} else if (verb === 'ready') {
  const pid = Number(readFileSync(join(TICK_DIR, 'ready'), 'utf8'));
  process.kill(pid, 0);
} else if (verb === 'slot') {
  process.stdout.write(readFileSync(join(TICK_DIR, 'slot'), 'utf8'));
}
