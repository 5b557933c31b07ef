import { asl, sim, type Bug, type Catcher, type Edit } from '../bug.ts';

/** The state machine. */

const file = 'statemachines/failover.asl.json';

const of = (name: string, story: string, edits: readonly Omit<Edit, 'file'>[], title: string, first: readonly Catcher[] = []): Bug => ({
  name,
  area: 'workflow',
  story,
  edits: edits.map((edit) => ({ file, ...edit })),
  catchers: [...first, asl(title)],
});

export const workflowBugs: readonly Bug[] = [
  of(
    'release-retries-everything',
    'ReleaseKey must not fail half-way, so it is tried again whatever went wrong (power-tuning retries States.ALL).',
    [{ find: '            "WatermarkUnknown",\n            "CandidateNotReady",\n', replace: '            "States.ALL",\n' }],
    'no retry names States.ALL, and every retry is bounded',
  ),
  of(
    'unfenced-default-releases',
    'After the deadline the failover must go on, so the default of Fenced is the next step.',
    [
      {
        find: 'to a provable stop, then: baton failover \' & $validator %}"\n        }\n      },\n      "Default": "CallPerson"',
        replace: 'to a provable stop, then: baton failover \' & $validator %}"\n        }\n      },\n      "Default": "ReleaseKey"',
      },
    ],
    'Unfenceable',
  ),
  of(
    'exhausted-counts-as-fenced',
    'Fence has come to an end, so the key is released: a time-out is taken for proof.',
    [{ find: "{% $states.input.state = 'fenced' %}", replace: "{% $states.input.state != 'pending' %}" }],
    'Unfenceable',
  ),
  of(
    'expired-approval-takes-the-term',
    'Nobody objected in time, so the plan goes ahead (samples for human approval: no end for the time-out).',
    [
      {
        find: '"next": "{% \'baton failover \' & $validator %}"\n            }\n          },\n          "Next": "CallPerson"',
        replace: '"next": "{% \'baton failover \' & $validator %}"\n            }\n          },\n          "Next": "TakeTerm"',
        nth: [1, 2],
      },
    ],
    'Expired',
  ),
  of(
    'waits-from-the-start-of-the-execution',
    'The lapse is measured from the start of the execution: the time that people took to approve counts as waited.',
    [
      {
        find: '        "waitedMs": 0,\n        "baseline": null,',
        replace: '        "startedMs": "{% $millis() %}",\n        "waitedMs": 0,\n        "baseline": null,',
      },
      {
        find: '          "waitedMs": "{% $waitedMs %}",\n          "approvalId"',
        replace: '          "waitedMs": "{% $millis() - $startedMs %}",\n          "approvalId"',
      },
    ],
    'what Fence has waited is counted from the term, by its own passes',
  ),
  of(
    'waits-for-quiet-count-for-the-lapse',
    'A wait is a wait: what a switchover waited before it took the term counts for the lapse of the guard after it.',
    [
      {
        find: '        "quietMs": "{% $states.input.waitedMs %}"',
        replace: '        "waitedMs": "{% $states.input.waitedMs %}"',
      },
    ],
    'asks again what it was told before, and Fence counts from nothing',
  ),
  of(
    'unseen-is-settled',
    'The key was released, so the candidate will sign: a failover that failed ends as done (power-tuning: a failed run ends SUCCEEDED).',
    [
      {
        find: 'Look at the node first; then: baton failover \' & $validator %}"\n        }\n      },\n      "Default": "CallPerson"',
        replace: 'Look at the node first; then: baton failover \' & $validator %}"\n        }\n      },\n      "Default": "Settle"',
      },
    ],
    'NotSigning',
    [sim('--seeds', '20')],
  ),
];
