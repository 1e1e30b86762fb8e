"""Addresses of websockets. Other apps add theirs to what ``reportmanager.asgi`` puts together."""

from django.urls import path

from common.realtime.consumer import LiveConsumer

websocket_urlpatterns = [path("ws/live/", LiveConsumer.as_asgi())]
