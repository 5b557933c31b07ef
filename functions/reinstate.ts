import type { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { attemptId, nextTerm } from '../core/ids.ts';
import { reinstate as reinstateWrite } from '../core/lease.ts';
import { reinstate as contract } from './contract.ts';
import { needClosedBreaker } from './shared/breaker.ts';
import { withHandover } from './shared/handed-over.ts';
import { handlerOf, needConfig, needDriven, type Act } from './shared/handler.ts';
import { needFloor } from './shared/last-word.ts';
import * as make from './shared/make.ts';

/** Gives a new term to the recorded active itself. Safe without proof: nobody else was ever released. */
export const reinstate: Act<z.output<typeof contract.input>, z.input<typeof contract.output>, 'records' | 'lease' | 'chains' | 'keys'> = async (
  input,
  deps,
  signal,
) => {
  const attempt = attemptId.parse(`${input.claim}/Reinstate/${input.term}`);
  const found = await deps.lease.read(input.validator, signal);
  const answer = (term: typeof input.term): z.input<typeof contract.output> => ({
    validator: input.validator,
    term,
    claim: input.claim,
    holder: input.holder,
    sentence: `Reinstated ${input.holder} in term ${term}: it could not be fenced and is alive.`,
  });
  if (found?.attempt === attempt) return answer(found.term);
  const lease = await needDriven(deps, input, signal);
  const { config } = await needConfig(deps, input.validator, signal);
  const node = config.nodes.find(({ id }) => id === lease.holder);
  const vault = await deps.records.readVault(input.validator, signal);
  if (lease.holder !== input.holder || !node)
    throw new BatonError('StaleTerm', `${input.holder} is not the recorded active of term ${lease.term}`, { fix: `baton status ${input.validator}` });
  if (!vault) throw new BatonError('KeyMissing', `no key of ${config.id} is sealed`, { fix: `baton seal ${config.id} --key-file FILE` });
  const head = await deps.chains.headOf(config, signal);
  const floor = await needFloor(deps, { config, lease, head, candidate: undefined }, signal);
  // It takes a term, and releases.
  await needClosedBreaker(deps, {}, signal);
  const sealed = await deps.keys.releaseTo(
    { vault, validator: input.validator, node: node.id, term: nextTerm(input.term), principal: node.principal },
    signal,
  );
  const next = await deps.lease.mustWrite(
    reinstateWrite(input, { holder: lease.holder, sealed: await withHandover(deps, lease, sealed, signal), watermark: floor, attempt }),
    signal,
  );
  return answer(next.term);
};

export const handler = handlerOf({ name: 'Reinstate', ...contract }, reinstate, {
  records: make.records,
  lease: make.lease,
  chains: make.chains,
  keys: make.keys,
  clock: make.clock,
  measure: make.measure,
});
