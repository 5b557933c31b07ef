import * as z from 'zod';
import { BatonError } from '../core/errors.ts';
import type { RedfishPower } from '../core/power.ts';
import type { PowerAsk, PowerSaid, PowerTest } from '../core/power-proof.ts';
import { durationMs, type Clock } from '../core/time.ts';
import { call, reachOf, type Reply } from './call.ts';
import { mostMs, Orders, type PowerSwitch, type ReadSecret } from './switch.ts';
import { readJson, Trouble, troubleOf } from './trouble.ts';

/** A machine's own management controller, by Redfish (DMTF DSP0266): it cuts the power under the operating system. */

const mostBytes = 262_144;
const stillOffMs = durationMs(1_000);
const logOutMs = durationMs(2_000);
const sessions = '/redfish/v1/SessionService/Sessions';

const printable = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x20-\x7e]+$/);

/** What the parameter holds. */
export const redfishSecret = z.strictObject({
  // A colon would end the name in basic authentication.
  user: printable.regex(/^[^:]+$/),
  password: printable,
  /** Sessions unless the controller knows only the other. */
  auth: z.enum(['session', 'basic']).prefault('session'),
});
export type RedfishSecret = z.output<typeof redfishSecret>;

const names = z.array(z.string().max(40)).max(40);
/** As much of a ComputerSystem as is used; a controller may say more. */
export const computerSystem = z.looseObject({
  Id: z.string().max(100),
  UUID: z
    .string()
    .max(100)
    .transform((text) => text.toLowerCase()),
  PowerState: z.string().max(40),
  PowerRestorePolicy: z.string().max(40).nullish(),
  Actions: z.looseObject({
    '#ComputerSystem.Reset': z.looseObject({
      target: z.string().max(300),
      'ResetType@Redfish.AllowableValues': names.optional(),
      '@Redfish.ActionInfo': z.string().max(300).optional(),
    }),
  }),
});
export type ComputerSystem = z.output<typeof computerSystem>;

const actionInfo = z.looseObject({
  Parameters: z.array(z.looseObject({ Name: z.string().max(100), AllowableValues: names.optional() })).max(20),
});

const knownStates: readonly string[] = ['On', 'Off', 'PoweringOn', 'PoweringOff', 'Paused'];

const refusedBy = (status: number, what: string): Trouble => {
  if (status === 401 || status === 403) return new Trouble('PowerNotAllowed', `the controller refuses ${what} (status ${status})`);
  if (status >= 300 && status < 400) return new Trouble('PowerUnusable', `the controller answers ${what} with a redirect, which is not followed`);
  return new Trouble(status >= 500 || status === 429 ? 'PowerUnreachable' : 'PowerUnusable', `the controller answers ${what} with status ${status}`);
};

/** @throws Trouble. */
export const readAsRedfish = <S extends z.ZodType>(body: string, schema: S, what: string): z.output<S> =>
  readJson(body, schema, { what, wanted: 'as Redfish has it' });

/** A path on the controller itself, or null: nothing it says leads anywhere else. */
const pathOf = (link: string): string | null => (/^\/redfish\/v1\/[A-Za-z0-9._~%/-]{1,280}$/.test(link) && !link.includes('..') ? link : null);

const systemPath = ({ system }: RedfishPower): string => `/redfish/v1/Systems/${system}`;

interface Talk {
  readonly power: RedfishPower;
  readonly request: (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => Promise<Reply>;
}

export interface RedfishOptions {
  readonly clock: Clock;
  readonly secret: ReadSecret<RedfishSecret>;
  /** For tests: this machine alone may be called. */
  readonly loopback: boolean;
}

/** The system, when it is the configured one. @throws Trouble. */
const systemOf = async ({ power, request }: Talk): Promise<ComputerSystem> => {
  const reply = await request('GET', systemPath(power));
  if (reply.status !== 200) throw refusedBy(reply.status, 'the question for the system');
  const system = readAsRedfish(reply.body, computerSystem, 'the system');
  if (system.Id !== power.system || system.UUID !== power.uuid)
    throw new Trouble('PowerOtherMachine', `the system there is another one than ${power.system} with UUID ${power.uuid}`);
  return system;
};

/** Where a reset is ordered, if it can cut the power at once. @throws Trouble. */
const targetOf = async ({ power, request }: Talk, system: ComputerSystem): Promise<string> => {
  const reset = system.Actions['#ComputerSystem.Reset'];
  const own = `${systemPath(power)}/Actions/ComputerSystem.Reset`;
  if (reset.target !== own && reset.target !== `${own}/`) throw new Trouble('PowerUnusable', 'the reset it offers is of another system');
  let allowed = reset['ResetType@Redfish.AllowableValues'];
  const info = reset['@Redfish.ActionInfo'];
  if (allowed === undefined && info !== undefined) {
    const path = pathOf(info);
    if (path === null) throw new Trouble('PowerUnusable', 'it describes its reset elsewhere');
    const reply = await request('GET', path);
    if (reply.status !== 200) throw refusedBy(reply.status, 'the question for its resets');
    allowed = readAsRedfish(reply.body, actionInfo, 'the list of its resets').Parameters.find(({ Name }) => Name === 'ResetType')?.AllowableValues;
  }
  if (allowed?.includes('ForceOff') !== true) throw new Trouble('PowerUnusable', 'it offers no ForceOff');
  return reset.target;
};

export class Redfish implements PowerSwitch<RedfishPower> {
  readonly #options: RedfishOptions;
  readonly #orders: Orders;

  constructor(options: RedfishOptions) {
    this.#options = options;
    this.#orders = new Orders(options.clock);
  }

  /** Logs in, does it, and logs out: a controller has few sessions. */
  async #within<T>(power: RedfishPower, outer: AbortSignal, act: (talk: Talk) => Promise<T>): Promise<T> {
    const { clock, secret, loopback } = this.#options;
    const within = reachOf(power, loopback);
    const signal = AbortSignal.any([outer, clock.timeout(mostMs)]);
    const base = power.url.replace(/\/$/, '');
    const requestBy =
      (auth: Readonly<Record<string, string>>, until: AbortSignal): Talk['request'] =>
      (method, path, body) =>
        call(
          {
            url: `${base}${path}`,
            method,
            headers: {
              accept: 'application/json',
              'odata-version': '4.0',
              // A state of a while ago would be none.
              'cache-control': 'no-cache',
              ...auth,
              ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          },
          { within, fingerprint: power.fingerprint, mostBytes, signal: until },
        );
    try {
      const { user, password, auth } = await secret(power.parameter, signal);
      if (auth === 'basic')
        return await act({ power, request: requestBy({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }, signal) });
      const login = await requestBy({}, signal)('POST', sessions, { UserName: user, Password: password });
      if (login.status !== 200 && login.status !== 201) throw refusedBy(login.status, 'the login');
      const token = login.headers['x-auth-token'];
      if (typeof token !== 'string' || token === '') throw new Trouble('PowerUnusable', 'the login gives no token');
      const held = { 'x-auth-token': token };
      try {
        return await act({ power, request: requestBy(held, signal) });
      } finally {
        const session = pathOf((login.headers.location ?? '').replace(base, ''));
        if (session?.startsWith(`${sessions}/`) === true) await requestBy(held, clock.timeout(logOutMs))('DELETE', session).catch(() => undefined);
      }
    } catch (error) {
      throw troubleOf(error, 'the controller');
    }
  }

  async off(ask: PowerAsk<RedfishPower>, signal: AbortSignal): Promise<boolean> {
    if (this.#orders.isYoung(ask)) return true;
    try {
      await this.#within(ask.power, signal, async (talk) => {
        const system = await systemOf(talk);
        if (system.PowerState === 'Off' && this.#orders.taken(ask)) return;
        const { status } = await talk.request('POST', await targetOf(talk, system), { ResetType: 'ForceOff' });
        // 202 is a task of the controller: what came of it is seen in the state. One that is off already may be refused as nothing to do.
        const idle = system.PowerState === 'Off' && (status === 400 || status === 409);
        if (![200, 202, 204].includes(status) && !idle) throw refusedBy(status, 'the order');
        this.#orders.note(ask);
      });
      return true;
    } catch (cause) {
      throw new BatonError('PowerFailed', `Redfish did not take the order to cut the power of ${ask.node}: ${(cause as Error).message}`, {
        cause,
        fix: `baton fence-test ${ask.validator}`,
      });
    }
  }

  async state({ node, power }: PowerAsk<RedfishPower>, signal: AbortSignal): Promise<PowerSaid> {
    try {
      return await this.#within(power, signal, async (talk) => {
        let system = await systemOf(talk);
        // What is off stays off: one look may meet a controller that has not yet seen the machine start.
        if (system.PowerState === 'Off') {
          await this.#options.clock.sleep(stillOffMs, signal);
          system = await systemOf(talk);
        }
        return { kind: 'redfish', node, host: new URL(power.url).host, system: system.Id, uuid: system.UUID, state: system.PowerState };
      });
    } catch (error) {
      return { kind: 'unknown', reason: `Redfish: ${(error as Error).message}` };
    }
  }

  async test({ power }: PowerAsk<RedfishPower>, signal: AbortSignal): Promise<PowerTest> {
    try {
      return await this.#within(power, signal, async (talk) => {
        const system = await systemOf(talk);
        await targetOf(talk, system);
        if (!knownStates.includes(system.PowerState)) throw new Trouble('PowerUnusable', 'it knows no state of its power');
        const restores = system.PowerRestorePolicy === 'AlwaysOn' || system.PowerRestorePolicy === 'LastState';
        const warning = restores
          ? ` Its PowerRestorePolicy is ${system.PowerRestorePolicy}: it may start by itself when mains return; AlwaysOff does not.`
          : '';
        return { works: true, code: 'works', how: `Redfish shows system ${system.Id} as ${system.PowerState} and offers ForceOff.${warning}` };
      });
    } catch (error) {
      const { code, message } = error as Trouble;
      return { works: false, code, how: `Redfish: ${message}.` };
    }
  }
}
