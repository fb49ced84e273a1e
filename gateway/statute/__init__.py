"""What officers and observers do under the Regulation: entries, requests, proceedings, the inbox, the chronicle."""
