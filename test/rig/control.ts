import type { Edit } from '../planted/bug.ts';
import { edited } from '../planted/bug.ts';
import { until } from '../../local/drill/until.ts';
import type { Removal, RigScenario, Row } from './scenario.ts';
import type { RigWorld } from './world.ts';

/** What a run is without a safety mechanism. The detectors must find two signers there, or nothing that they do not find counts. */

const detectMs = 90_000;

/** What is taken out of the code itself, in a copy of the tree. */
export const codeRemoved: Readonly<Partial<Record<Removal, readonly Edit[]>>> = {
  gate: [
    { file: 'chains/cometbft/driver.ts', find: 'isOpen: () => this.#gate && options.maySign()', replace: 'isOpen: () => true' },
    { file: 'chains/cometbft/driver.ts', find: '    this.#gate = false;\n    this.#signer.unload();', replace: '    this.#gate = false;' },
  ],
  clock: [
    {
      file: 'runtime/clock.ts',
      find: 'steadyMs: steadyOf({ fineMs, bootMs }),',
      replace: 'steadyMs: ((last) => () => steadyMs((last = Math.max(last, Date.now()))))(0),',
    },
  ],
};

const stop = (script: string): string =>
  edited(script, {
    file: 'documents/fence.yaml',
    find: '# What the unit runs, asked while',
    replace: `printf '{"baton":"fence","validator":"%s","term":%s,"nonce":"%s","unit":"%s"' "$SSM_Validator" "$SSM_Term" "$SSM_Nonce" "$unit"
writer=$(sed -n 's/.*"writer":"\\([0-9a-f]*\\)".*/"\\1"/p' "$state/writer.json" 2>/dev/null)
printf ',"unitActive":"inactive","unitMasked":true,"guardActive":"inactive","tasks":0,"keyFiles":0'
printf ',"watermark":null,"writer":%s,"ok":true}\\n' "\${writer:-null}"
exit 0
# What the unit runs, asked while`,
  });

const search = (script: string): string =>
  edited(script, {
    file: 'documents/fence.yaml',
    find: 'refuse "process ${process##*/} runs the validator\'s program outside its unit"',
    replace: ': left alone',
  });

/** A tool without proof: it cannot see the active, and starts the standby with the same key. */
const naive = async (world: RigWorld, scenario: RigScenario): Promise<Row> => {
  const { clock, view, amber, birch } = world;
  const head = await view.head();
  await amber.must(`systemctl start ${view.unitName}`);
  await until(clock, detectMs, 'the first signature', () => view.firstSignedAbove(head));
  await scenario.fault(world);
  await birch.must(`systemctl start ${view.unitName}`);
  const from = await view.head();
  const find = () => view.findings({ from, switchedAt: from, oldNode: 'amber', newNode: null });
  await until(clock, 20_000, 'a signature of birch', () => view.firstSignedAbove(from + 2)).catch(() => null);
  await scenario.after?.(world);
  const found = await until(clock, detectMs, 'the detection of two signers', async () => {
    const now = await find();
    return now.doubleSigned > 0 ? now : null;
  }).catch(find);
  return {
    scenario: scenario.name,
    chain: scenario.chain,
    ok: false,
    ended: 'moves',
    evidence: null,
    fenceMs: null,
    signatureMs: null,
    lateSignatures: found.late,
    doubleSigned: found.doubleSigned,
    missed: found.missed,
    called: 0,
    why: '',
  };
};

export const control = { stop, search, naive };
