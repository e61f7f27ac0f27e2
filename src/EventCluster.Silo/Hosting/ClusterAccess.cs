using System.Net;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;
using EventCluster.Orleans.Connections;

namespace EventCluster.Silo.Hosting;

/// <summary>
/// Who may connect to this node's ports. On loopback everybody of this machine may; elsewhere only who proves the cluster's
/// secret or shows a certificate of its authority, and a secret without TLS needs the operator's consent.
/// </summary>
internal static class ClusterAccess
{
    private const long MaxSecretFileBytes = 16 * 1024;

    /// <summary>A line for the operator when the node must not start like this; null when it may.</summary>
    /// <param name="options">What the operator set.</param>
    /// <param name="address">The advertised address.</param>
    public static string? FindFault(ClusterNodeOptions options, IPAddress address)
    {
        var cluster = options.Cluster;
        if (IPAddress.IsLoopback(address) || cluster.Tls.IsUsed)
        {
            return null;
        }

        var where = $"'EventCluster:Cluster:AdvertisedAddress' is {address}, which others can reach";
        if (cluster.Secret.Length + cluster.SecretFile.Length == 0)
        {
            return $"{where}, and nothing tells nodes of this cluster from strangers; set 'EventCluster:Cluster:Tls:CertificatePath' and "
                + "'EventCluster:Cluster:Tls:AuthorityPath', or 'EventCluster:Cluster:SecretFile' with 'EventCluster:Cluster:AllowPlaintext=true' "
                + "('EventCluster:AllowUnauthenticated' is about HTTP)";
        }

        return cluster.AllowPlaintext
            ? null
            : $"{where}, and 'EventCluster:Cluster:Secret' without 'EventCluster:Cluster:Tls' leaves what nodes say readable and changeable on "
                + "the way; set 'EventCluster:Cluster:Tls', or 'EventCluster:Cluster:AllowPlaintext=true' if that is what you want";
    }

    /// <summary>Whether the operator consented to plain text that others can reach.</summary>
    public static bool IsPlaintext(ClusterNodeOptions options, IPAddress address) =>
        !IPAddress.IsLoopback(address) && !options.Cluster.Tls.IsUsed;

    /// <summary>The secret; null for none.</summary>
    /// <exception cref="IOException">It cannot be used; the message does not show it.</exception>
    public static ClusterSecret? SecretOf(ClusterNodeOptions options)
    {
        var cluster = options.Cluster;
        try
        {
            if (cluster.SecretFile.Length > 0)
            {
                return ClusterSecret.Parse(ReadFile(cluster.SecretFile));
            }

            return cluster.Secret.Length > 0 ? ClusterSecret.Parse(cluster.Secret) : null;
        }
        catch (FormatException e)
        {
            var key = cluster.SecretFile.Length > 0 ? "SecretFile" : "Secret";
            throw new IOException($"'EventCluster:Cluster:{key}' cannot be used: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"'EventCluster:Cluster:SecretFile' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The certificate and the authorities, read again while the node runs.</summary>
    public static ClusterTls TlsOf(ClusterNodeOptions options, ClusterCertificates certificates) =>
        new(() => certificates.Certificate, () => certificates.Authorities) { PeerName = options.Cluster.Tls.PeerName };

    private static string ReadFile(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > MaxSecretFileBytes)
        {
            throw new IOException($"'{path}' has {file.Length} bytes; a secret's file has at most {MaxSecretFileBytes}.");
        }

        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
