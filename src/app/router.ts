import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import HomeScreen from '../features/visits/HomeScreen.vue'
import StairwellScreen from '../features/visits/StairwellScreen.vue'
import { bugMet } from './errors.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** The tab that this screen belongs to. */
    tab?: string
    /** Open without an enrolment. */
    open?: true
  }
}

/** Which feature is which address. Home and stairwell come with the first download; the rest when it is needed. */
const routes: RouteRecordRaw[] = [
  { path: '/', component: HomeScreen, meta: { tab: '/' } },
  {
    path: '/stairwell/:stairwellId',
    component: StairwellScreen,
    props: true,
    meta: { tab: '/' },
  },
  {
    path: '/stairwell/:stairwellId/quiz/:visitId',
    component: () => import('../features/quiz/QuizScreen.vue'),
    props: true,
    meta: { tab: '/' },
  },
  { path: '/practice', component: () => import('../features/visits/PracticeScreen.vue'), meta: { tab: '/' } },
  { path: '/evening', component: () => import('../features/session/EveningScreen.vue'), meta: { tab: '/' } },
  {
    path: '/look-up',
    component: () => import('../features/lookup/LookUpScreen.vue'),
    meta: { tab: '/look-up', open: true },
  },
  { path: '/service', component: () => import('../features/service/ServiceScreen.vue'), meta: { tab: '/service' } },
  { path: '/wishes', component: () => import('../features/programme/WishesScreen.vue'), meta: { tab: '/service' } },
  {
    path: '/activities',
    component: () => import('../features/programme/ActivitiesScreen.vue'),
    meta: { tab: '/service' },
  },
  { path: '/mine', component: () => import('../features/mine/MineScreen.vue'), meta: { tab: '/mine' } },
  { path: '/queue', component: () => import('../features/queue/QueueScreen.vue'), meta: { tab: '/mine' } },
  { path: '/handover', component: () => import('../features/handover/HandoverScreen.vue'), meta: { tab: '/mine' } },
  { path: '/coverage', component: () => import('../features/coverage/StreetScreen.vue'), meta: { tab: '/coverage' } },
  {
    path: '/coverage/:stairwellId',
    component: () => import('../features/coverage/StairwellCoverageScreen.vue'),
    props: true,
    meta: { tab: '/coverage' },
  },
  { path: '/manage', component: () => import('../features/manage/ManageScreen.vue'), meta: { tab: '/manage' } },
  { path: '/manage/import', component: () => import('../features/manage/ImportScreen.vue'), meta: { tab: '/manage' } },
  { path: '/manage/teams', component: () => import('../features/manage/TeamsScreen.vue'), meta: { tab: '/manage' } },
  { path: '/manage/rounds', component: () => import('../features/manage/RoundsScreen.vue'), meta: { tab: '/manage' } },
  { path: '/manage/assign', component: () => import('../features/manage/AssignScreen.vue'), meta: { tab: '/manage' } },
  {
    path: '/manage/invites',
    component: () => import('../features/manage/InvitesScreen.vue'),
    meta: { tab: '/manage' },
  },
  { path: '/manage/holds', component: () => import('../features/manage/HoldsScreen.vue'), meta: { tab: '/manage' } },
  {
    path: '/manage/settings',
    component: () => import('../features/manage/SettingsScreen.vue'),
    meta: { tab: '/manage' },
  },
  { path: '/enter', component: () => import('../features/join/EnterScreen.vue'), meta: { open: true } },
  { path: '/join', component: () => import('../features/join/JoinScreen.vue'), meta: { open: true } },
  { path: '/welcome', component: () => import('../features/join/WelcomeScreen.vue'), meta: { open: true } },
  { path: '/:rest(.*)*', redirect: '/' },
]

/** @param isEnrolled whether this phone belongs to somebody; without that only the open screens are shown */
export function makeRouter(isEnrolled: () => boolean) {
  const router = createRouter({
    history: createWebHistory(),
    routes,
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
  router.beforeEach((to) => (isEnrolled() || to.meta.open ? true : { path: '/welcome' }))
  // A screen whose file is not there any more, because a new version was set up meanwhile: once, the page begins again.
  router.onError((_error, { path, fullPath }) => {
    if (sessionStorage['again'] === path) bugMet.value = true
    else {
      sessionStorage['again'] = path
      // To go where one is already would fetch nothing where a fragment stands, as in an invitation.
      if (!location.href.endsWith(fullPath)) history.pushState(null, '', fullPath)
      location.reload()
    }
  })
  return router
}
