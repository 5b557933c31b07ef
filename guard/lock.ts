import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { BatonError } from '../core/errors.ts';
import type { NodeId, ValidatorId } from '../core/ids.ts';

/**
 * One guard of a validator on one machine: the name of an abstract socket, which one process can have, and which ends with it in whatever way.
 * A file would outlive its process, and two that find it stale would both take it.
 */

/** @param of.root where the machine's files lie; not the whole of the machine in a drill. */
const nameOf = (of: { validator: ValidatorId; node: NodeId; root: string }): string => {
  const machine = createHash('sha256')
    .update(JSON.stringify([of.root, of.node]))
    .digest('hex')
    .slice(0, 32);
  return `\0baton-guard/${of.validator}/${machine}`;
};

/**
 * Held until the process ends, or the returned server is closed.
 * @throws BatonError GuardRefused when another process has it.
 */
export const lockGuard = async (of: { validator: ValidatorId; node: NodeId; root: string }): Promise<Server> => {
  const server = createServer((socket) => {
    socket.destroy();
  });
  // It keeps nothing alive.
  server.unref();
  server.listen(nameOf(of));
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new BatonError(
      'GuardRefused',
      `another guard of ${of.validator} runs on this machine (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`,
      {
        cause,
        fix: 'systemctl list-units "*guard*", and end the one that is not baton-guard@VALIDATOR.service',
      },
    );
  }
  return server;
};
