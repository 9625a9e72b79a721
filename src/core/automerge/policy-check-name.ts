/** The check run on the head of every pull request; safe to require, because it answers for those that are no release too. */
export const policyCheckName = 'lotse/policy'
