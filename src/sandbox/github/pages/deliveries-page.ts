import { type GitHub } from '../context.ts'
import { type Answer } from '../http/answer.ts'
import { fullName } from '../lookup.ts'
import { type Delivery, type Repository } from '../state.ts'
import { markup, type Html } from './html.ts'
import { page } from './layout.ts'
import { repositoryCrumb, repositoryPath, when } from './notation.ts'

const shownDeliveries = 100

export function deliveriesPage({ state }: GitHub, repository: Repository): Answer {
  const newest = state.deliveries.filter((delivery) => delivery.repository === repository).toReversed()
  const body = markup`<h1>Webhook deliveries</h1>
<section class="card"><ul class="rows">${newest.slice(0, shownDeliveries).map(deliveryRow)}</ul></section>`
  const crumbs = [repositoryCrumb(repository), { text: 'deliveries', href: `${repositoryPath(repository)}/deliveries` }]
  return page({ title: `Deliveries · ${fullName(repository)}`, crumbs, body })
}

function deliveryRow(delivery: Delivery): Html {
  const { event, action, app, status, statusCode, guid, redelivery, payload } = delivery
  const tone = delivery.state === 'delivered' ? 'good' : delivery.state === 'under-way' ? 'busy' : 'bad'
  const name = action === null ? event : `${event}.${action}`
  return markup`<li><details><summary>
<strong>${name}</strong> <span class="quiet">to ${app.slug}${redelivery ? ' · again' : ''} · ${guid}</span></summary>
<pre class="scroll">${JSON.stringify(payload, undefined, 2)}</pre></details>
<span class="end"><span class="${tone}">${statusCode === 0 ? '' : statusCode} ${status}</span> · ${when(delivery.at)}</span></li>
`
}
