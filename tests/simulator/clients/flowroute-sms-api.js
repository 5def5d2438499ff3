// Runs one call of the npm package flowroute-sms-api, as it is, and prints what it made of the answer, as one line of JSON.
// node flowroute-sms-api.js '{"keys": ["ACCESS", "SECRET"], "call": "withoutCallback", "with": ["12065550100", "12065550120", "Hello"]}'
const flowrouteSmsApi = require('flowroute-sms-api');

const wanted = JSON.parse(process.argv[2]);

// Version 0.0.1 misspells a name where an answer is not 202, and dies of that.
process.on('uncaughtException', (crash) => {
  console.log(JSON.stringify({ crash: String(crash) }));
  process.exit(0);
});

flowrouteSmsApi.send[wanted.call](...wanted.with, ...wanted.keys, (problem, answer) => {
  console.log(JSON.stringify(problem ? { problem: String(problem) } : { answer }));
});
