import { sign } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { durationMs } from '../../core/time.ts';
import { systemClock } from '../../runtime/clock.ts';
import { privateKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';
import { dutyMessage } from './ledger.ts';

/** The validator daemon of the ticker chain. Signs each new height above its floor, and keeps its last one on the disk first. */

const settings = z.object({ TICK_URL: z.url(), TICK_NODE: z.string(), TICK_KEY_DIR: z.string(), TICK_DIR: z.string() }).parse(process.env);
const slotFile = join(settings.TICK_DIR, 'slot');
const readyFile = join(settings.TICK_DIR, 'ready');
const pollMs = durationMs(40);

if (existsSync(join(settings.TICK_DIR, 'broken'))) {
  process.stderr.write('tickd is broken\n');
  process.exit(1);
}

const seed = Buffer.from(readFileSync(join(settings.TICK_KEY_DIR, 'key'), 'utf8').trim(), 'base64');
const key = privateKeyOf(seed);
const publicKey = rawPublicKeyOf(key).toString('base64');
const floorFile = join(settings.TICK_KEY_DIR, 'watermark.json');
const floor = existsSync(floorFile) ? z.object({ slot: z.number() }).parse(JSON.parse(readFileSync(floorFile, 'utf8'))).slot : 0;
const stored = existsSync(slotFile) ? Number(readFileSync(slotFile, 'utf8')) : 0;
let slot = Math.max(floor, stored);

const keep = (height: number): void => {
  const fd = openSync(`${slotFile}.tmp`, 'w');
  writeSync(fd, String(height));
  fsyncSync(fd);
  closeSync(fd);
  renameSync(`${slotFile}.tmp`, slotFile);
  slot = height;
};

keep(slot);
writeFileSync(readyFile, String(process.pid));
for (;;) {
  try {
    const { height } = z.object({ height: z.number().int() }).parse(await (await fetch(`${settings.TICK_URL}/head`)).json());
    if (height > slot) {
      keep(height);
      const signature = sign(null, dutyMessage({ height, node: settings.TICK_NODE }), key).toString('base64');
      await fetch(`${settings.TICK_URL}/duty`, { method: 'POST', body: JSON.stringify({ height, node: settings.TICK_NODE, publicKey, signature }) });
    }
  } catch {
    // The ledger does not answer: the next round asks again.
  }
  await systemClock.sleep(pollMs);
}
