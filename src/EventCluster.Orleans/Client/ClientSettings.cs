using EventCluster.Orleans.Connections;
using Microsoft.Extensions.Configuration;

namespace EventCluster.Orleans.Client;

/// <summary>The options of a publisher in its configuration, under the silos' own keys.</summary>
internal static class ClientSettings
{
    /// <summary>The section of a publisher's configuration.</summary>
    public const string Section = "EventCluster:Cluster";

    /// <summary>Takes over what is set.</summary>
    /// <exception cref="InvalidOperationException">Something cannot be used; the message names the key and shows no secret.</exception>
    public static void Read(IConfiguration configuration, EventClusterClientOptions options)
    {
        var section = configuration.GetSection(Section);
        foreach (var gateway in ListOf(section.GetSection("Gateways")))
        {
            options.Gateways.Add(gateway);
        }

        try
        {
            if (section["SecretFile"] is { Length: > 0 } path)
            {
                options.Secret = ClusterSecret.Parse(File.ReadAllText(path));
            }
            else if (section["Secret"] is { Length: > 0 } secret)
            {
                options.Secret = ClusterSecret.Parse(secret);
            }

            if (section["Tls:CertificatePath"] is { Length: > 0 } certificate)
            {
                options.Tls = ClusterTls.FromPemFiles(
                    certificate, section["Tls:KeyPath"] is { Length: > 0 } key ? key : certificate,
                    section["Tls:AuthorityPath"] ?? throw new FormatException("'Tls:AuthorityPath' is missing: whose certificates count."),
                    section["Tls:PeerName"] ?? "");
            }
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The configuration '{Section}' of the publisher cannot be used: {e.Message}", e);
        }
    }

    // One value with commas, or elements 0, 1, 2 ...
    private static IEnumerable<string> ListOf(IConfigurationSection section) =>
        (section.Value is { } one ? [one] : section.GetChildren().Select(static child => child.Value ?? ""))
        .SelectMany(static value => value.Split([',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
