import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { Table } from './items.ts';
import { withSignal } from './signal.ts';

/** Whether the table can be a lock. `unknown`: it could not be asked. */
export interface TableSafety {
  readonly state: 'safe' | 'unsafe' | 'unknown';
  readonly sentence: string;
}

const described = z.object({
  Table: z.object({
    TableName: z.string(),
    Replicas: z.array(z.object({ RegionName: z.string().prefault('an unnamed Region') })).prefault([]),
    MultiRegionConsistency: z.string().optional(),
    GlobalTableVersion: z.string().optional(),
  }),
});

/** Its answer names no replicas, and none of them was ever strongly consistent. */
const legacyVersion = '2017.11.29';

/**
 * Asks DynamoDB what kind of table it is. In one Region, or strongly consistent over several, a conditional write is judged once; a table whose
 * copies go by last-writer-wins judges it in each Region alone, so that two executions can both win a term.
 */
export class TableCheck {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /**
   * Never throws: what cannot be asked is `unknown`. Whoever is about to enrol must take that for a no; whoever only watches a table that was
   * safe when it was enrolled into says so and does not ring, for a role that may not ask would else ring for ever.
   */
  async safety(signal?: AbortSignal): Promise<TableSafety> {
    const { client, table } = this.#table;
    try {
      const { Table: found } = described.parse(await client.send(new DescribeTableCommand({ TableName: table }), withSignal(signal)));
      const regions = found.Replicas.map(({ RegionName }) => RegionName);
      if (found.MultiRegionConsistency === 'STRONG') return { state: 'safe', sentence: 'The table is strongly consistent over its Regions.' };
      if (regions.length === 0 && found.GlobalTableVersion !== legacyVersion) return { state: 'safe', sentence: 'The table lies in one Region.' };
      const where = regions.length === 0 ? 'other Regions' : regions.join(', ');
      return { state: 'unsafe', sentence: `The table has copies in ${where} and the last writer wins: it is no lock.` };
    } catch (cause) {
      return { state: 'unknown', sentence: `Nobody knows whether the table is a lock: DescribeTable gave ${(cause as Error).name}.` };
    }
  }
}
