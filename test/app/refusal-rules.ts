/** Correlations that the recordings meet, besides those that come with the product: each is told as soon as it is true. */
export const manyRefusals = `title: Any refusal
id: 0b0e5f0e-6a57-4f0a-9c4e-0c6f1d1d7a01
name: any_refusal
level: low
logsource: { product: kubernetes, service: audit }
detection: { s: { responseStatus.code: 403 }, condition: s }
---
title: Many refusals
id: 0b0e5f0e-6a57-4f0a-9c4e-0c6f1d1d7a02
name: many_refusals
level: medium
correlation: { type: event_count, rules: [any_refusal], group-by: [user.username], timespan: 1m, condition: { gte: 3 } }
---
title: Many things refused
id: 0b0e5f0e-6a57-4f0a-9c4e-0c6f1d1d7a03
name: many_things_refused
level: medium
correlation: { type: value_count, rules: [any_refusal], group-by: [user.username], timespan: 5m, condition: { field: objectRef.resource, gte: 3 } }
`

/** To be told of only when time has passed. */
export const fewRefusals = `title: Few refusals
id: 0b0e5f0e-6a57-4f0a-9c4e-0c6f1d1d7a04
name: few_refusals
level: medium
correlation: { type: event_count, rules: [any_refusal], group-by: [user.username], timespan: 1m, condition: { lt: 3 } }
`
