/** The facts about one validator that guard/install.sh leaves on a node, for the SSM documents. */
export const factsOf = (of: { validator: string; unit: string; standbyRuns: boolean }): string =>
  [
    `VALIDATOR_UNIT=${of.unit}`,
    `GUARD_UNIT=baton-guard@${of.validator}.service`,
    `KEY_DIR=/run/baton/${of.validator}`,
    `WATERMARK_FILE=/var/lib/baton/${of.validator}/watermark.json`,
    `STANDBY_RUNS=${of.standbyRuns ? 'yes' : 'no'}`,
    '',
  ].join('\n');
