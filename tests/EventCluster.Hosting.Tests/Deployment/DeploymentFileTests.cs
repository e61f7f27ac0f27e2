using System.Diagnostics;
using System.Text.RegularExpressions;
using EventCluster.Edge;
using EventCluster.Hosting.Configuration;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.Hosting.Tests.Deployment;

/// <summary>What can be said about the files for containers without a container engine.</summary>
public sealed partial class DeploymentFileTests
{
    public static TheoryData<string> Files =>
        [.. Kubernetes.Append("docker-compose.yml").Append("infra/Dockerfile").Append("infra/nginx.conf")];

    private static IEnumerable<string> Kubernetes =>
        Directory.GetFiles(Path.Combine(ServerFiles.Repository, "infra", "kubernetes"), "*.yaml")
            .Select(path => "infra/kubernetes/" + Path.GetFileName(path));

    [Theory]
    [MemberData(nameof(Files))]
    public void Settings_AreOptionsThatExist(string file)
    {
        var known = OptionCatalog.OfSilo.Select(entry => entry.Key).ToHashSet();
        var used = Setting().Matches(Read(file)).Select(match => match.Value.Replace("__", ":", StringComparison.Ordinal)).Distinct();

        Assert.All(used, key => Assert.Contains(key, known));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Passwords_AreNeverWrittenDown(string file) =>
        Assert.All(
            Password().Matches(Read(file)),
            match => Assert.Matches(@"^(\$\{EVENTCLUSTER_PASSWORD:\?[^}]*\}|\$\(openssl rand|\.\.\.'?)", match.Groups["it"].Value));

    /// <summary>Who starts what is documented keeps the check of Host: every file names hosts, and none names all of them.</summary>
    [Theory]
    [InlineData("infra/Dockerfile")]
    [InlineData("docker-compose.yml")]
    [InlineData("infra/kubernetes/configuration.yaml")]
    [InlineData("docs/OPERATING.md")]
    public void AllowedHosts_InEveryDeployment_NamesHosts(string file)
    {
        var values = AllowedHosts().Matches(Read(file)).Select(static match => match.Groups["it"].Value).ToList();

        Assert.NotEmpty(values);
        Assert.All(values, static value =>
        {
            var options = new EventClusterOptions { Urls = "http://*:4437", AllowedHosts = value.Split(',') };
            var edge = new EdgeOptions();
            NodeOptions.Apply(options, edge);
            Assert.DoesNotContain(edge.AllowedHosts, static host => host.StartsWith('*'));
            Assert.Contains("localhost", edge.AllowedHosts);
            Assert.DoesNotContain(OptionsValidator.Validate(options), static fault => fault.Contains("AllowedHosts", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Compose_PublishesLoopbackOnlyAndMountsWhatIsThere()
    {
        var compose = Read("docker-compose.yml");

        Assert.All(Port().Matches(compose), match => Assert.StartsWith("127.0.0.1:", match.Groups["it"].Value, StringComparison.Ordinal));
        Assert.NotEmpty(Port().Matches(compose));
        var mounted = Mount().Matches(compose).Select(match => match.Groups["it"].Value).ToList();
        Assert.Contains("./infra/nginx.conf", mounted);
        Assert.All(mounted, path => Assert.True(File.Exists(Path.Combine(ServerFiles.Repository, path)), path));
        Assert.Equal(
            ["postgres", "secret", "backlog-1", "backlog-2", "edge-1", "edge-2", "nginx"],
            Service().Matches(compose[compose.IndexOf("\nservices:", StringComparison.Ordinal)..compose.IndexOf("\nvolumes:", StringComparison.Ordinal)])
                .Select(match => match.Groups["it"].Value));
        Assert.All(
            Regex.Matches(Read("infra/compose/edges.conf"), @"server (?<it>\S+):4437", RegexOptions.ExplicitCapture),
            match => Assert.Contains($"\n  {match.Groups["it"].Value}:", compose, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("backlog")]
    [InlineData("edge")]
    public void Kubernetes_Deployment_NeverRunsAsRootNorCutsADrainShortNorThrottles(string role)
    {
        var deployment = Read($"infra/kubernetes/{role}.yaml");
        var timeout = Number(Read("infra/kubernetes/configuration.yaml"), @"Shutdown__Timeout: ""(?<it>\d+)""");

        Assert.True(Number(deployment, @"terminationGracePeriodSeconds: (?<it>\d+)") > timeout);
        Assert.Contains("runAsNonRoot: true", deployment, StringComparison.Ordinal);
        Assert.Contains("readOnlyRootFilesystem: true", deployment, StringComparison.Ordinal);
        Assert.Contains("maxUnavailable: 0", deployment, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"limits:\s+cpu", deployment);
        Assert.Matches($"name: EventCluster__Role\\s+value: {role}\n", deployment);
        Assert.Matches($"name: {role}\n", Read("infra/kubernetes/disruption.yaml"));
    }

    /// <summary>A service forgets a pod some seconds after it was told to end, and one slow answer is no reason to.</summary>
    [Theory]
    [InlineData("backlog")]
    [InlineData("edge")]
    public void Kubernetes_Deployment_LeavesTheServiceBeforeItStops(string role)
    {
        var deployment = Read($"infra/kubernetes/{role}.yaml");
        var pause = Number(deployment, @"preStop:\s+exec:\s+command: \[""sleep"", ""(?<it>\d+)""\]");
        var timeout = Number(Read("infra/kubernetes/configuration.yaml"), @"Shutdown__Timeout: ""(?<it>\d+)""");

        Assert.InRange(pause, 3, 30);
        Assert.True(Number(deployment, @"terminationGracePeriodSeconds: (?<it>\d+)") > timeout + pause);
        Assert.InRange(Number(deployment[deployment.IndexOf("readinessProbe", StringComparison.Ordinal)..], @"failureThreshold: (?<it>\d+)"), 2, 5);
        Assert.Matches($"podSelector:\\s+matchLabels:\\s+app.kubernetes.io/component: {role}\n", Read("infra/kubernetes/networkpolicy.yaml"));
        Assert.Equal(role == "backlog", deployment.Contains("name: gateway", StringComparison.Ordinal));
    }

    [Fact]
    public void Kubernetes_Budgets_LetNodesBeEmptiedWhileTheDatabaseIsOut()
    {
        var budgets = Read("infra/kubernetes/disruption.yaml").Split("---");

        Assert.All(budgets, static budget => Assert.Contains("unhealthyPodEvictionPolicy: AlwaysAllow", budget, StringComparison.Ordinal));
    }

    /// <summary>Ports between nodes have a lock wherever they are not on loopback, and its key is in no file.</summary>
    [Theory]
    [InlineData("docker-compose.yml")]
    [InlineData("infra/kubernetes/configuration.yaml")]
    [InlineData("infra/local-cluster.sh")]
    public void Secret_InEveryDeployment_IsDrawnAndComesFromAFile(string file)
    {
        var text = Read(file);

        Assert.Matches("EventCluster__Cluster__SecretFile[:=]", text);
        Assert.DoesNotMatch("EventCluster__Cluster__Secret[:=]", text);
        Assert.Contains(
            file.Contains("kubernetes", StringComparison.Ordinal) ? "openssl rand -hex 32 | kubectl" : "/dev/urandom",
            text + Read("infra/kubernetes/kustomization.yaml"), StringComparison.Ordinal);
    }

    /// <summary>A node that the others voted out ends, and comes back only when something starts it again.</summary>
    [Fact]
    public void Compose_EveryNode_IsStartedAgain()
    {
        var compose = Read("docker-compose.yml");
        var services = compose[compose.IndexOf("\nservices:", StringComparison.Ordinal)..compose.IndexOf("\nvolumes:", StringComparison.Ordinal)];

        Assert.Contains("restart: unless-stopped", compose[compose.IndexOf("x-silo:", StringComparison.Ordinal)..compose.IndexOf("x-environment:", StringComparison.Ordinal)], StringComparison.Ordinal);
        Assert.All(
            Regex.Split(services, @"^  (?=[a-z0-9-]+:$)", RegexOptions.Multiline).Skip(1),
            service => Assert.Matches(service.StartsWith("secret:", StringComparison.Ordinal) ? "restart: \"no\"" : @"<<: \*silo|restart: unless-stopped", service));
    }

    /// <summary>An edge that hangs keeps its connections open, so what is waited for it decides what it costs.</summary>
    [Fact]
    public void Nginx_WaitsForAnEdge_AsLongAsItMayBeSilent()
    {
        var places = Regex.Matches(Read("infra/nginx.conf"), @"location (?<it>\S+) \{\s+proxy_read_timeout (?<seconds>\d+)s;", RegexOptions.ExplicitCapture)
            .ToDictionary(static match => match.Groups["it"].Value, static match => int.Parse(match.Groups["seconds"].Value));

        Assert.Equal(["/v1/signalr", "@delete", "@live", "@read", "@write"], places.Keys.Order(StringComparer.Ordinal));
        Assert.All(places, static place => Assert.InRange(
            place.Value, place.Key is "@live" or "/v1/signalr" ? 121 : 15, place.Key is "@live" or "/v1/signalr" ? 130 : 30));
        Assert.DoesNotContain("1h", Regex.Replace(Read("infra/nginx.conf"), "send_timeout 1h;", ""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kubernetes_Kustomization_Builds()
    {
        var found = await TryRunAsync("kubectl", "kustomize", Path.Combine(ServerFiles.Repository, "infra", "kubernetes"));
        Assert.SkipWhen(found is null, "kubectl is not installed.");

        Assert.Equal((0, ""), (found!.Value.Code, found.Value.Error));
        var kinds = Regex.Matches(found.Value.Output, @"^kind: (?<it>\w+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture).Select(match => match.Groups["it"].Value);
        Assert.Equal(
            [
                "ConfigMap", "Deployment", "Deployment", "NetworkPolicy", "NetworkPolicy", "PodDisruptionBudget", "PodDisruptionBudget", "Service",
                "Service",
            ],
            kinds.Order());
    }

    [Fact]
    public async Task Nginx_Configuration_IsAccepted()
    {
        var folder = Directory.CreateTempSubdirectory("eventcluster-nginx-").FullName;
        File.Copy(Path.Combine(ServerFiles.Repository, "infra", "nginx.conf"), Path.Combine(folder, "nginx.conf"));
        await File.WriteAllTextAsync(
            Path.Combine(folder, "edges.conf"), "server 127.0.0.1:1;", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "listen.conf"), $"listen 127.0.0.1:{FreePort.Next()};", TestContext.Current.CancellationToken);

        var found = await TryRunAsync("nginx", "-p", folder, "-c", Path.Combine(folder, "nginx.conf"), "-t");
        Directory.Delete(folder, recursive: true);
        Assert.SkipWhen(found is null, "nginx is not installed; as root on Debian: apt-get install -y --no-install-recommends nginx");

        Assert.True(found!.Value.Code == 0, found.Value.Error);
    }

    private static async Task<(int Code, string Output, string Error)?> TryRunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, await output, await error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static int Number(string text, string pattern) => int.Parse(Regex.Match(text, pattern).Groups["it"].Value);

    private static string Read(string file) => File.ReadAllText(Path.Combine(ServerFiles.Repository, file));

    [GeneratedRegex("EventCluster(?:__[A-Za-z]+)+")]
    private static partial Regex Setting();

    [GeneratedRegex(@"EventCluster__AllowedHosts[:=] ?(?<it>[^ \n`]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex AllowedHosts();

    [GeneratedRegex("(?i:password)\\s*[:=]\\s*(?<it>\\S.*)", RegexOptions.ExplicitCapture)]
    private static partial Regex Password();

    [GeneratedRegex("^ +- \"(?<it>[0-9.:]+)\"$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Port();

    [GeneratedRegex(@"^ +- (?<it>\./\S+?):", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Mount();

    [GeneratedRegex(@"^  (?<it>[a-z0-9-]+):$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Service();
}
