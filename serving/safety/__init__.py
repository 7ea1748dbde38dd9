"""What stands between the network and the routes: keys, limits of size, rate and time, and checks of what comes in."""
