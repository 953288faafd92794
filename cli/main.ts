import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { logToStandardError } from '../lib/kernel/log';
import { quarryVersion } from '../lib/kernel/version';
import { loadEnvironmentFile } from '../scripts/services.mjs';
import { Failure, failureLine, UsageFailure } from './failure';

/**
 * `npm run quarry -- …`. Standard output is data, standard error everything else; exit code 0, 1 (failed) or 2 (called wrongly).
 * Each command's code is loaded when it is called, so that the others don't pay for it.
 */
const program = new Command('quarry')
  .description('Ask your databases questions in plain language or SQL.')
  .version(quarryVersion())
  .exitOverride()
  .configureOutput({ outputError: () => undefined })
  .showHelpAfterError(false);

const positive = (text: string) => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return number;
};

/** Of the commands that talk to a running server. */
const remote = (command: Command) =>
  command
    .option('--url <url>', 'the running Quarry (default: QUARRY_URL, else the one of this folder)')
    .option('--token <token>', 'your token (default: QUARRY_TOKEN)')
    .option('--json', 'print JSON');

program
  .command('setup')
  .description('make the first owner and a token, without a browser')
  .requiredOption('--email <email>')
  .requiredOption('--password <password>', '"-" reads it from standard input')
  .requiredOption('--organization <name>')
  .option('--name <name>', "the owner's name")
  .option('--samples', 'also connect the sample databases')
  .option('--json', 'print {organization, environments, token}')
  .action(async (options) => (await import('./commands/setup')).setup(options));

const member = program.command('member').description('members of an organisation');
member
  .command('add')
  .description('add a member, with an account if they have none')
  .requiredOption('--email <email>')
  .requiredOption('--role <role>', 'owner, admin, builder, analyst or viewer')
  .option('--password <password>', 'of a new account; "-" reads it from standard input')
  .option('--name <name>')
  .option('--organization <slug>', 'when there are several')
  .option('--json', 'print JSON')
  .action(async (options) => (await import('./commands/people')).addMemberCommand(options));

const token = program.command('token').description('access tokens');
token
  .command('create')
  .description('make a token for a member and print it, this once')
  .requiredOption('--email <email>')
  .option('--name <name>')
  .option('--scopes <permissions>', 'comma-separated permissions (default: all of the member)')
  .option('--expires <time>', 'such as 2030-01-31T00:00:00Z')
  .option('--organization <slug>', 'when the member has several')
  .option('--json', 'print JSON')
  .action(async (options) => (await import('./commands/people')).createTokenCommand(options));

const source = program.command('source').description('data sources');
remote(source.command('add'))
  .description('connect a database')
  .requiredOption('--type <type>')
  .option('--uri <uri>', 'connection string')
  .option('--file <file>', 'file below SQLITE_ROOT')
  .option('--name <name>', "default: the database's name")
  .option('--environment <environment>', 'id or slug (default: development)')
  .option('--access <access>', 'read or read-write (default: read)')
  .action(async (options) => (await import('./commands/source')).addSource(options));
remote(source.command('list'))
  .description('list data sources')
  .option('--environment <environment>')
  .action(async (options) => (await import('./commands/source')).listSources(options));

remote(program.command('ask <question>'))
  .description('ask a question in plain language')
  .requiredOption('--source <source>', 'id or name')
  .option('--fresh', 'answer anew, not from the cache')
  .action(async (question, options) => (await import('./commands/ask')).ask(question, options));

remote(program.command('query <query>'))
  .description('run a query; "-" reads it from standard input')
  .requiredOption('--source <source>', 'id or name')
  .option('--csv', 'stream the whole result as CSV')
  .option('--limit <rows>', 'rows at most', positive)
  .option('--fresh', 'ask the database, not the cache')
  .action(async (text, options) => (await import('./commands/query')).query(text, options));

remote(program.command('schema'))
  .description('tables and columns of a source')
  .requiredOption('--source <source>', 'id or name')
  .option('--refresh', 'read it again from the source')
  .action(async (options) => (await import('./commands/schema')).schema(options));

program
  .command('migrate')
  .description('bring the builder database to the newest version')
  .option('--create <name>', 'write a new migration from prisma/schema.prisma instead (for developers)')
  .action(async (options) => (await import('./commands/database')).migrateCommand(options));

program
  .command('seed')
  .description('make the sample databases')
  .action(async () => (await import('./commands/database')).seedCommand());

program
  .command('doctor')
  .description('check this installation and say what is wrong')
  .option('--json', 'print JSON')
  .action(async (options) => (await import('./commands/doctor')).doctor(options));

try {
  loadEnvironmentFile();
  logToStandardError();
  await program.parseAsync();
} catch (thrown) {
  process.exitCode = exitCode(thrown);
}

/** Prints what is to be said and chooses the exit code. Help isn't a failure. */
function exitCode(thrown: unknown): number {
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return 0;
    if (thrown.code === 'commander.help') return 2;
    process.stderr.write(`${failureLine(new UsageFailure(thrown.message.replace(/^error: /, '')))}\n`);
    return 2;
  }
  process.stderr.write(`${failureLine(thrown)}\n`);
  return thrown instanceof Failure && thrown.code === 'usage' ? 2 : 1;
}
