// Runs one call of the npm package flowroute-sms, as it is, and prints what it made of the answer, as one line of JSON.
// node flowroute-sms.js '{"keys": ["ACCESS", "SECRET"], "call": "send", "with": ["12065550100", "12065550120", "Hello"]}'
const FlowrouteSms = require('flowroute-sms');

const wanted = JSON.parse(process.argv[2]);
const client = new FlowrouteSms(...wanted.keys);

client[wanted.call](...wanted.with).then(
  (answer) => console.log(JSON.stringify({ answer })),
  (problem) => console.log(JSON.stringify({ problem: String(problem) })),
);
