import { startDynamo } from '../../local/dynamo.ts';
import { conformance } from './conformance.ts';

conformance('dynalite', () => startDynamo('baton'));
