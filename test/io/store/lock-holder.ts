import { lockFolder } from '../../../src/io/store/lock.ts'

await lockFolder(process.argv[2] ?? '')
process.stdout.write('locked\n')
process.stdin.resume()
