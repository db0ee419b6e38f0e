#!/usr/bin/perl
# pvesh, qm and pct of a lab's Proxmox VE node, by the name that this file is called by. Hands its arguments to the
# stand-in, which runs beside the lab, and prints what that answers. Where the connection is cut, so is SSH's.
use strict;
use warnings;
use IO::Socket::UNIX;

my $tool = $0 =~ s|.*/||r;
my $socket = IO::Socket::UNIX->new(Peer => '/var/lib/pve-lab/tools.sock')
    or die "ipcc_send_rec[1] failed: Connection refused\nUnable to load access control list: Connection refused\n";
binmode $_ for $socket, *STDOUT, *STDERR;
print $socket join("\0", $tool, @ARGV);
$socket->flush;
$socket->shutdown(1);
my $head = <$socket>;
cut() if !defined $head;
my ($code, $length) = $head =~ /^(\d+) (\d+)$/ or die "$tool: unexpected answer\n";
my $text = do { local $/; <$socket> } // '';
print STDOUT substr($text, 0, $length);
print STDERR substr($text, $length);
exit $code;

# Kills the sshd of this session, so that the client loses its connection.
sub cut {
    my $pid = $$;
    while ($pid > 1) {
        open(my $status, '<', "/proc/$pid/status") or last;
        my %field = map { /^(\w+):\s*(.*)$/ ? ($1 => $2) : () } <$status>;
        if ($field{Name} =~ /^sshd/) {
            kill 'KILL', $pid;
            sleep 5;
        }
        $pid = $field{PPid};
    }
    exit 255;
}
