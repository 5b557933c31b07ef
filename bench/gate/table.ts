import { startDynamo } from '../../local/dynamo.ts';

/** The local table in a process of its own, so that it takes no time from the signers, and what it was asked. */

export interface Ready {
  readonly endpoint: string;
}

/** Since it was asked before. */
export interface Counted {
  readonly writes: number;
  readonly reads: number;
}

let counted = { writes: 0, reads: 0 };

const start = async (): Promise<void> => {
  const { endpoint } = await startDynamo('baton', (action) => {
    if (action === 'UpdateItem') counted.writes += 1;
    if (action === 'GetItem') counted.reads += 1;
  });
  process.send?.({ endpoint } satisfies Ready);
};

process.on('message', () => {
  process.send?.(counted);
  counted = { writes: 0, reads: 0 };
});
// The bench is over, or gone.
process.on('disconnect', () => process.exit(0));
start().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
