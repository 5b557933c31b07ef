// `systemctl` on a sandbox node: asks the supervisor that stands in for systemd.
import { createConnection } from 'node:net';
import { join } from 'node:path';

const [verb = '', ...rest] = process.argv.slice(2);
const properties = [];
let signal = '';
let named = true;
let unit = '';
for (let index = 0; index < rest.length; index += 1) {
  const arg = rest[index];
  if (arg === '-p') properties.push(...rest[++index].split(','));
  else if (arg.startsWith('--signal=')) signal = arg.slice('--signal='.length);
  else if (arg === '--value') named = false;
  else if (!arg.startsWith('--')) unit = arg;
}
if (verb === 'daemon-reload') process.exit(0);
const socket = createConnection(join(process.env.BATON_ROOT, 'run', 's'));
let text = '';
socket.setEncoding('utf8');
socket.on('connect', () => socket.write(`${JSON.stringify({ verb, unit, properties, signal, named })}\n`));
socket.on('data', (chunk) => {
  text += chunk;
});
socket.on('end', () => {
  const { code, out } = JSON.parse(text);
  if (out !== '') process.stdout.write(`${out}\n`);
  process.exit(code);
});
socket.on('error', () => process.exit(1));
