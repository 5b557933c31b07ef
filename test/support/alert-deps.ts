import type { AlertTest } from '../../aws/alert-test.ts';
import type { Deps } from '../../functions/shared/deps.ts';
import { publicHosts, type Hosts, type RelaySettings } from '../../relay/index.ts';

/** The part of the world of handlers that alerts and their tests take. */

/** Where alerts are passed on to, and who has taken which message. */
interface RelayWorld {
  readonly hosts: Hosts;
  readonly settings: RelaySettings;
  readonly taken: Map<string, readonly string[]>;
}
export const noRelay = (): RelayWorld => ({ hosts: publicHosts, settings: { destinations: [] }, taken: new Map() });

/** @param up throws when the service of this name gives no answer. */
export const alertDeps = (
  world: { alertTest: AlertTest | undefined; readonly relay: RelayWorld },
  up: (service: string) => void,
): Pick<Deps, 'alertTests' | 'relay' | 'relayLog'> => ({
  alertTests: {
    read: async () => {
      up('alert-test');
      return world.alertTest;
    },
    begin: async (of) => {
      up('alert-test');
      const { acknowledged, unansweredSinceMs = of.sentAtMs } = world.alertTest ?? {};
      world.alertTest = { ...of, unansweredSinceMs, ...(acknowledged ? { acknowledged } : {}) };
    },
    noteRelays: async (id, relays) => {
      up('note');
      const current = world.alertTest?.id === id ? world.alertTest : undefined;
      if (current) world.alertTest = { ...current, relays };
      return current !== undefined;
    },
  },
  relay: {
    stack: 'baton',
    hosts: world.relay.hosts,
    reach: 'loopback',
    settings: async () => {
      up('relay');
      return world.relay.settings;
    },
  },
  relayLog: {
    takenBy: async (id) => {
      up('relay-log');
      return world.relay.taken.get(id) ?? [];
    },
    note: async (id, names) => {
      up('relay-log');
      world.relay.taken.set(id, [...(world.relay.taken.get(id) ?? []), ...names]);
      return true;
    },
  },
});
