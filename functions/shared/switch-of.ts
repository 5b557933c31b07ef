import type { PowerConfig } from '../../core/power.ts';
import { ec2Switch } from '../../power/ec2.ts';
import type { PowerSwitch } from '../../power/switch.ts';
import type { Deps } from './deps.ts';

/** What cuts this power. Each kind is asked only about nodes that are configured with it. */
export const switchOf = ({ power, remotePower }: Pick<Deps, 'power' | 'remotePower'>, { kind }: PowerConfig): PowerSwitch =>
  kind === 'ec2' ? ec2Switch(power) : remotePower[kind];
