import { type Route } from '../http/router.ts'
import { appRoutes } from './apps.ts'
import { checkRoutes } from './checks.ts'
import { contentRoutes } from './contents.ts'
import { deploymentRoutes } from './deployments.ts'
import { gitDataRoutes } from './git-data.ts'
import { issueRoutes } from './issues.ts'
import { labelRoutes } from './labels.ts'
import { pullRoutes } from './pulls.ts'
import { reactionRoutes } from './reactions.ts'
import { repositoryRoutes } from './repositories.ts'

/** What is not here is answered 501 with its name. */
export const allRoutes: readonly Route[] = [
  ...appRoutes,
  ...repositoryRoutes,
  ...contentRoutes,
  ...gitDataRoutes,
  ...pullRoutes,
  ...issueRoutes,
  ...labelRoutes,
  ...reactionRoutes,
  ...checkRoutes,
  ...deploymentRoutes,
]
